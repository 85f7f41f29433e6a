"""Serve the built site at a local address: ``python -m booksite.serve _build/html --port 8000``."""

import argparse
import errno
import functools
import http.server
import sys
from pathlib import Path

TRIES = 20


class Handler(http.server.SimpleHTTPRequestHandler):
    """Files only, never from the browser's cache, and no line for each of them."""

    def end_headers(self):
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    """Says nothing when a browser no longer wants an answer."""

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def open_server(site, port):
    """A server on the first free port from `port` on, of this machine only.

    Raises
    ------
    SystemExit
        If there is no site to serve, or none of twenty ports is free.
    """
    if not (Path(site) / "index.html").is_file():
        raise SystemExit(f"{site} holds no index.html; build the site first: make html")
    for candidate in range(port, port + TRIES):
        try:
            handler = functools.partial(Handler, directory=str(site))
            server = Server(("127.0.0.1", candidate), handler)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            print(f"Port {candidate} is in use; trying the next.")
        else:
            return server
    raise SystemExit(f"No port from {port} to {port + TRIES - 1} is free; choose another: make book PORT=9000")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site")
    parser.add_argument("--port", type=int, default=8000)
    given = parser.parse_args()
    with open_server(given.site, given.port) as server:
        print(f"\n  The book is at http://127.0.0.1:{server.server_port}/   (Ctrl-C stops serving)\n", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("\nStopped.")


if __name__ == "__main__":
    main()
