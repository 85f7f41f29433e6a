"""Serve the built site as a static host does, packed and with its headers: ``python -m booksite.serve _build/html``."""

import argparse
import errno
import functools
import gzip
import http.server
import io
import re
import socket
import sys
import urllib.parse
from http import HTTPStatus
from pathlib import Path

from booksite.headers import SECURITY

try:
    import brotli
except ImportError:
    brotli = None

TRIES = 20
HERE = "127.0.0.1"
# Said here, since what a system says of an ending may be wrong, and a browser then refuses the file.
TYPES = {
    ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".mjs": "text/javascript",
    ".svg": "image/svg+xml", ".json": "application/json", ".ipynb": "application/json", ".xml": "application/xml",
    ".txt": "text/plain", ".woff2": "font/woff2", ".wasm": "application/wasm", ".png": "image/png",
    ".jpg": "image/jpeg", ".webp": "image/webp", ".pdf": "application/pdf", ".zip": "application/zip",
}  # fmt: skip
PACKED = ("text/", "application/json", "application/xml", "application/wasm", "image/svg+xml")
PACKERS = {"gzip": functools.partial(gzip.compress, compresslevel=9, mtime=0)}
if brotli:
    PACKERS = {"br": functools.partial(brotli.compress, quality=5), **PACKERS}


@functools.lru_cache(maxsize=256)
def packed(path, version, coding):
    """A file's bytes in a coding; `version` tells a file from what it was before."""
    return PACKERS[coding](path.read_bytes())


def accepted(header):
    """The first coding of ours that a browser takes, or None."""
    offers = [offer.replace(" ", "") for offer in (header or "").lower().split(",")]
    taken = {offer.split(";")[0] for offer in offers if not re.search(r";q=0(\.0*)?$", offer)}
    return next((coding for coding in PACKERS if coding in taken), None)


def span(header, size):
    """First and last byte that a Range header asks for; None for all of them.

    Raises
    ------
    ValueError
        If the file has no such bytes.
    """
    asked = re.fullmatch(r"bytes=(\d*)-(\d*)", (header or "").strip())
    if not asked or asked[0] == "bytes=-":
        return None
    first, last = asked.groups()
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last), size - 1) if first and last else size - 1
    if start > end:
        raise ValueError(f"bytes {header} of {size}")
    return start, end


class Handler(http.server.SimpleHTTPRequestHandler):
    """Files only: packed, with the site's headers, asked for anew each time, and no line for each of them."""

    protocol_version = "HTTP/1.1"
    timeout = 30  # seconds that a browser may keep a line open without a word

    def end_headers(self):
        for name, value in SECURITY.items():
            self.send_header(name, value)
        self.send_header("Cache-Control", "no-cache")  # it may keep a file, and must ask whether it is still right
        super().end_headers()

    def log_message(self, format, *args):
        pass

    def send_head(self):
        """Send the head of the answer; return what `do_GET` is to send after it."""
        path = Path(self.translate_path(self.path))
        address = urllib.parse.urlsplit(self.path).path
        if path.is_dir() and not address.endswith("/"):
            return self.answer(HTTPStatus.MOVED_PERMANENTLY, Location=urllib.parse.quote(path.name) + "/")
        if path.is_dir():
            path /= "index.html"
        elif address.endswith("/"):
            path /= "a file is no folder"
        if path.is_file():
            return self.send_file(path)
        missing = Path(self.directory) / "404.html"
        if missing.is_file():
            return self.send_file(missing, HTTPStatus.NOT_FOUND)
        return self.answer(HTTPStatus.NOT_FOUND, b"There is no such page.\n", **{"Content-Type": "text/plain"})

    def send_file(self, path, status=HTTPStatus.OK):
        kind = TYPES.get(path.suffix, "application/octet-stream")
        found, part = path.stat(), self.headers.get("Range")
        packs = kind.startswith(PACKED)
        coding = accepted(self.headers.get("Accept-Encoding")) if packs and not part else None
        tag = f'"{found.st_mtime_ns:x}-{found.st_size:x}{"-" + coding if coding else ""}"'
        head = {"Content-Type": f"{kind}; charset=utf-8" if kind.startswith("text/") else kind, "ETag": tag}
        head |= {"Vary": "Accept-Encoding"} if packs else {}
        if status == HTTPStatus.OK and self.headers.get("If-None-Match") == tag:
            return self.answer(HTTPStatus.NOT_MODIFIED, **head)
        if coding:
            body = packed(path, tag, coding)
            return self.answer(status, body, **head, **{"Content-Encoding": coding})
        if status == HTTPStatus.OK and part and self.headers.get("If-Range", tag) == tag:
            return self.send_part(path.read_bytes(), part, head)
        return self.answer(status, path.read_bytes(), **head, **{"Accept-Ranges": "bytes"})

    def send_part(self, body, part, head):
        try:
            asked = span(part, len(body))
        except ValueError:
            bare = {"Content-Range": f"bytes */{len(body)}"}
            return self.answer(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, **bare)
        if asked is None:
            return self.answer(HTTPStatus.OK, body, **head)
        first, last = asked
        head["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
        return self.answer(HTTPStatus.PARTIAL_CONTENT, body[first : last + 1], **head)

    def answer(self, status, body=b"", **head):
        self.send_response(status)
        for name, value in head.items():
            self.send_header(name, value)
        if status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return io.BytesIO(body)


class Server(http.server.ThreadingHTTPServer):
    """Says nothing when a browser no longer wants an answer."""

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def open_server(site, port, host=HERE):
    """A server on the first free port from `port` on; of this machine only, unless another `host` is given.

    Raises
    ------
    SystemExit
        If there is no site to serve, the host is none of this machine's, or none of twenty ports is free.
    """
    if not (Path(site) / "index.html").is_file():
        raise SystemExit(f"{site} holds no index.html; build the site first: make html")
    for candidate in range(port, port + TRIES):
        try:
            handler = functools.partial(Handler, directory=str(site))
            server = Server((host, candidate), handler)
        except socket.gaierror as error:
            raise SystemExit(f"{host} is no address: {error.strerror}") from None
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise SystemExit(f"{host} is no address of this machine; 0.0.0.0 stands for all it has") from None
            if error.errno != errno.EADDRINUSE:
                raise
            print(f"Port {candidate} is in use; trying the next.")
        else:
            return server
    raise SystemExit(f"No port from {port} to {port + TRIES - 1} is free; choose another: make serve PORT=9000")


def outward_address():
    """This machine's address in its network, as far as it knows; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        try:
            line.connect(("192.0.2.1", 9))  # an address kept for examples
        except OSError:
            return socket.gethostname()
        return line.getsockname()[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--host", default=HERE, help="0.0.0.0 lets others in the network read; without it, nobody can")
    given = parser.parse_args()
    with open_server(given.site, given.port, given.host) as server:
        address = outward_address() if given.host == "0.0.0.0" else given.host
        print(f"\n  The book is at http://{address}:{server.server_port}/   (Ctrl-C stops serving)", flush=True)
        if given.host != HERE:
            print("  Everyone in this network can read it there.", flush=True)
        print(flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("\nStopped.")


if __name__ == "__main__":
    main()
