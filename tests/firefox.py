"""A Firefox that is driven by WebDriver BiDi, the protocol that it speaks itself: no driver program is needed."""

import contextlib
import json
import re
import shutil
import subprocess

import websocket


def find_firefox():
    """Path of a Firefox, or None."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


class Firefox:
    """One window. ``complaints`` is what its console and its scripts have said of errors."""

    def __init__(self, profile):
        options = ["--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
        command = [find_firefox(), *options]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        lines = iter(self.process.stderr.readline, "")
        address = next(filter(None, (re.search(r"ws://[\d.:]+", line) for line in lines)))[0]
        self.line = websocket.create_connection(f"{address}/session", timeout=30, suppress_origin=True)
        self.count, self.complaints = 0, []
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded"])
        self.window = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    def ask(self, method, **params):
        self.count += 1
        self.line.send(json.dumps({"id": self.count, "method": method, "params": params}))
        while True:
            said = json.loads(self.line.recv())
            if said.get("method") == "log.entryAdded" and said["params"]["level"] == "error":
                self.complaints.append(said["params"]["text"])
            if said.get("id") == self.count:
                if said["type"] == "error":
                    raise RuntimeError(f"{method}: {said['message']}")
                return said["result"]

    def open(self, address):
        self.ask("browsingContext.navigate", context=self.window, url=address, wait="complete")

    def evaluate(self, expression):
        """The value of an expression that is a number, a word or true or false."""
        target = {"context": self.window}
        answer = self.ask("script.evaluate", expression=expression, target=target, awaitPromise=True)
        return answer["result"]["value"]

    def close(self):
        with contextlib.suppress(RuntimeError, OSError, websocket.WebSocketException):
            self.ask("browser.close")
        self.line.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stderr.close()
