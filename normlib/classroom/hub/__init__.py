"""Settings of a JupyterHub for a class, to be copied and changed: one machine, one folder, nbgrader's exchange in it.

``jupyterhub_config.py`` is for a class, whose students have accounts on the machine. ``trial_config.py`` changes it for
trying out on your own machine. ``nbgrader_config.py`` is read by nbgrader in everyone's server.
"""

import shutil
from pathlib import Path

HERE = Path(__file__).resolve().parent
SETTINGS = ("jupyterhub_config.py", "trial_config.py", "nbgrader_config.py")


def copy_settings(folder):
    """Copy the settings into the folder of a class; what you have changed there stays.

    Parameters
    ----------
    folder : Path
        Made where it does not exist.

    Returns
    -------
    list of Path
        The files, in the order of `SETTINGS`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    places = [folder / name for name in SETTINGS]
    for place in places:
        if not place.exists():
            shutil.copyfile(HERE / place.name, place)
    return places
