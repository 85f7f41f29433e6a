"""JupyterHub for a class whose students have accounts on this machine; root starts it.

Everything that it keeps is in the folder of this file. Passwords are the accounts' own (PAM); to let people in by your
institution's login, replace `authenticator_class`, and keep names that are accounts here.
"""

import sys
from pathlib import Path

c = get_config()  # type: ignore[name-defined]  # noqa: F821
FOLDER = Path(__file__).resolve().parent
HOUR = 3600

# Who may come in. The teacher may also add and remove students, on the hub's page /hub/admin.
TEACHERS = {"teacher"}
c.Authenticator.admin_users = TEACHERS
c.Authenticator.allowed_users = TEACHERS | {"ada", "bo"}
c.JupyterHub.authenticator_class = "pam"

# Where it listens. Passwords cross the network: put a server with TLS before it, or name a certificate here.
c.JupyterHub.bind_url = "http://127.0.0.1:8000"

# A server for each student, as their own account, which ends after an hour without use and frees its memory.
c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner"
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
c.Spawner.args = [f"--ServerApp.shutdown_no_activity_timeout={HOUR}"]
c.Spawner.args += [f"--MappingKernelManager.cull_idle_timeout={HOUR}"]
c.Spawner.start_timeout = c.Spawner.http_timeout = 180  # seconds: at a lesson's begin all come at once
c.Spawner.default_url = "/lab"
c.Spawner.environment = {"JUPYTER_CONFIG_PATH": str(FOLDER)}  # nbgrader_config.py lies there

# What the hub keeps for itself, and what all share: there everyone may add something, and only owners take it away.
private, exchange = FOLDER / "private", FOLDER / "exchange"
for place, mode in ((private, 0o700), (exchange, 0o1777)):
    place.mkdir(exist_ok=True)
    place.chmod(mode)
c.JupyterHub.db_url = f"sqlite:///{private / 'jupyterhub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(private / "cookie_secret")
c.ConfigurableHTTPProxy.pid_file = str(private / "proxy.pid")
