"""The same hub for trying out, on your own machine and under your own account: everyone who comes in is you.

Never let a class in here: each can read and change the others' files, the exchange and yours.
"""

import os
from pathlib import Path

c = get_config()  # type: ignore[name-defined]  # noqa: F821
load_subconfig("jupyterhub_config.py")  # type: ignore[name-defined]  # noqa: F821

# One password for all students, another for teachers; the first has at least 8 characters, the second 32.
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = os.environ["STUDENTS_PASSWORD"]
c.SharedPasswordAuthenticator.admin_password = os.environ["TEACHERS_PASSWORD"]

c.JupyterHub.spawner_class = "jupyterhub.spawner.SimpleLocalProcessSpawner"
homes = Path(__file__).resolve().parent / "homes"
c.SimpleLocalProcessSpawner.home_dir_template = str(homes / "{username}")
if os.geteuid() == 0:  # in a container
    c.Spawner.args += ["--allow-root"]

# nbgrader asks the machine for a student's name, and would hear yours: tell it the name of the login.
c.Spawner.environment["NBGRADER_STUDENT"] = lambda spawner: "*" if spawner.user.admin else spawner.user.name
