"""A JupyterHub for the tests, as the teacher's kit sets it up for a trial, and people who use it from outside."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest
import requests
import websocket

from booksite import node
from normlib.classroom import __main__ as command

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ROOT / "tests" / "node"
PATIENCE = 180  # seconds for anything to start or to end


def free_ports(number):
    """Ports that nobody listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


class Hub:
    """A hub with its proxy, and all that they start; as a context, it ends all of them, whatever happens.

    Attributes
    ----------
    folder : Path
        The folder of the class.
    address : str
    passwords : dict
        `STUDENTS_PASSWORD` and `TEACHERS_PASSWORD`.
    started : set of psutil.Process
        Every process that was seen.
    left : list of psutil.Process
        Of these the ones that outlived the hub, and were then killed.
    """

    def __init__(self, folder):
        self.folder, self.log, self.started, self.left = folder, folder / "log.txt", set(), []
        self.passwords = {name: secrets.token_hex(16) for name in ("STUDENTS_PASSWORD", "TEACHERS_PASSWORD")}
        self._people = []

    def __enter__(self):
        node.install(PACKAGES)
        command.main(["hub", "--out", str(self.folder)])
        port, inner, proxy = free_ports(3)
        self.address = f"http://127.0.0.1:{port}"
        words = [sys.executable, "-m", "jupyterhub", "-f", str(self.folder / "trial_config.py")]
        words += [f"--JupyterHub.bind_url={self.address}", f"--JupyterHub.hub_bind_url=http://127.0.0.1:{inner}"]
        words += [f"--ConfigurableHTTPProxy.api_url=http://127.0.0.1:{proxy}"]
        programs = [Path(sys.executable).parent, PACKAGES / "node_modules" / ".bin", node.NODE.parent]
        environment = os.environ | self.passwords | {"PATH": os.pathsep.join(map(str, [*programs, os.environ["PATH"]]))}
        environment |= {"PYTHONPATH": str(ROOT)}
        with self.log.open("w") as log:
            self._hub = psutil.Popen(words, cwd=self.folder, env=environment, stdout=log, stderr=log)
        try:
            self.until(lambda: requests.get(f"{self.address}/hub/login", timeout=PATIENCE).ok, "the hub to answer")
        except BaseException:
            self.__exit__()
            raise
        return self

    def until(self, condition, words):
        """Wait; fails with the hub's own words if that lasts too long, or the hub ends."""
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit and self._hub.poll() is None:
            with suppress(requests.ConnectionError):
                found = condition()
                if found:
                    self._remember()
                    return found
            time.sleep(0.5)
        said = [line for line in self.log.read_text().splitlines() if "/hub/api/users/" not in line]
        pytest.fail("\n".join([f"Waited for {words}. The hub says:", *said[-100:]]))

    def _remember(self):
        with suppress(psutil.NoSuchProcess):
            self.started |= {self._hub, *self._hub.children(recursive=True)}

    def person(self, name):
        """Somebody who has not logged in yet."""
        self._people.append(Person(self, name))
        return self._people[-1]

    def __exit__(self, *problem):
        for person in self._people:
            person.session.close()
        self._remember()
        self._hub.terminate()  # the hub ends its servers and the proxy
        with suppress(psutil.TimeoutExpired, subprocess.TimeoutExpired):
            self._hub.wait(PATIENCE)
        self.left = psutil.wait_procs(self.started, timeout=5)[1]
        for process in self.left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._hub.wait(PATIENCE)


class Person:
    """Somebody with a browser: cookies, forms, and the interfaces that JupyterLab uses."""

    def __init__(self, hub, name):
        self.hub, self.name, self.session = hub, name, requests.Session()
        self.server = f"{hub.address}/user/{name}/"

    def log_in(self, password):
        """Send the form; the hub's answer. Where it lets them in, it starts their server."""
        address = f"{self.hub.address}/hub/login"
        self.session.get(address, timeout=PATIENCE).raise_for_status()
        form = {"username": self.name, "password": password, "_xsrf": self._xsrf("/hub/")}
        return self.session.post(address, form, timeout=PATIENCE)

    def wait(self):
        """Until this person's server, which the login has started, is there."""
        status = f"{self.hub.address}/hub/api/users/{self.name}"
        form = {"_xsrf": self._xsrf("/hub/")}
        self.hub.until(
            lambda: self.session.get(status, params=form, timeout=PATIENCE).json().get("server"),
            f"the server of {self.name}",
        )
        self.session.get(f"{self.server}lab", timeout=PATIENCE).raise_for_status()

    def _xsrf(self, path):
        return next(cookie.value for cookie in self.session.cookies if (cookie.name, cookie.path) == ("_xsrf", path))

    def ask(self, method, path, **options):
        """Send a request to this person's server; the JSON that it answers."""
        header = {"X-XSRFToken": self._xsrf(f"/user/{self.name}/")}
        answer = self.session.request(method, self.server + path, headers=header, timeout=PATIENCE, **options)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[-2000:]}"
        return answer.json()

    def type(self, *words, folder="."):
        """Run a command in a terminal of this person's server; fails unless it succeeds, with what it printed."""
        name = self.ask("POST", "api/terminals", json={"cwd": folder})["name"]
        cookies = "; ".join(f"{c.name}={c.value}" for c in self.session.cookies if c.path == f"/user/{self.name}/")
        address = f"{self.server.replace('http', 'ws', 1)}terminals/websocket/{name}"
        line, shown, kind = f"{' '.join(map(str, words))} && echo all' 'right; exit\r", "", ""
        terminal = websocket.create_connection(address, timeout=PATIENCE, cookie=cookies)
        try:
            terminal.send(json.dumps(["stdin", line]))
            while kind != "disconnect":
                kind, *data = json.loads(terminal.recv())
                shown += data[0] if kind == "stdout" else ""
        finally:
            terminal.close()
        assert "all right" in shown, shown
