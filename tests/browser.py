"""Find a Chromium for the tests, or install one: ``python tests/browser.py``."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-noto-core")  # the fonts hold Greek letters and the combining circumflex of x̂
ARGUMENTS = (
    "--no-sandbox",  # the sandbox refuses to start as root, as in a container
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # no other host is there for it
)
HELP = """No Chromium was found, and none could be installed. Do one of these:
  - install Chromium or Google Chrome with your system's package manager;
  - run `python -m playwright install chromium` where its download is reachable;
  - set the environment variable CHROMIUM to the path of a Chromium that is there already."""


def find_chromium():
    """Path of a Chromium: the variable CHROMIUM, else one on the PATH, else Playwright's own.

    Raises
    ------
    FileNotFoundError
        If there is none; the message says what to do.
    """
    if given := os.environ.get("CHROMIUM"):
        if found := shutil.which(given):
            return found
        raise FileNotFoundError(f"CHROMIUM = {given!r} is no program that can be run; correct the variable or unset it")
    if found := next(filter(None, map(shutil.which, NAMES)), None):
        return found
    if (own := playwright_chromium()).is_file():
        return str(own)
    raise FileNotFoundError("No Chromium was found; `make browser` installs one")


def playwright_chromium():
    """Where Playwright keeps the Chromium that it installs, there or not."""
    ask = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    return Path(subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout.strip())


def apt_prefix():
    """What to put before apt-get, or None where it cannot install."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    return (
        ["sudo"]
        if sudo and not subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode
        else None
    )


def commands():
    """The ways to install a Chromium here, in the order to try them: each a list of commands."""
    prefix = apt_prefix()
    if prefix is not None:
        apt = [*prefix, "apt-get", "-q"]
        yield [[*apt, "update"], [*apt, "install", "-y", "--no-install-recommends", *PACKAGES]]
    yield [[sys.executable, "-m", "playwright", "install", "chromium"]]


def install():
    """Try each way until one of them works; say which.

    Returns
    -------
    bool
        Whether one did.
    """
    for way in commands():
        print("Installing Chromium:", " && ".join(map(" ".join, way)), flush=True)
        if all(subprocess.run(command, check=False).returncode == 0 for command in way):
            return True
        print("That did not work.", flush=True)
    return False


def main():
    try:
        print("Chromium for the tests:", find_chromium())
        return
    except FileNotFoundError as error:
        if "CHROMIUM" in os.environ:
            sys.exit(str(error))
    if not install():
        sys.exit(HELP)
    print("Chromium for the tests:", find_chromium())


if __name__ == "__main__":
    main()
