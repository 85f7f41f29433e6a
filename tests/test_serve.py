"""The local server does what a good static host does: it packs, sends the headers, and says what is not there."""

import contextlib
import gzip
import http.client
import socket
import subprocess
import sys
import threading
from pathlib import Path

import brotli
import pytest

from booksite import serve
from booksite.headers import SECURITY

TEXT = "<!doctype html><title>a page</title>" + "<p>words</p>" * 200


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "index.html").write_text(TEXT)
    (tmp_path / "404.html").write_text("<h1>Not here</h1>")
    (tmp_path / "font.woff2").write_bytes(bytes(range(200)))
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "index.html").write_text("<h1>Below</h1>")
    return tmp_path


@pytest.fixture
def ask(folder):
    """``ask(path, method, **headers)`` gives status, headers and body of an answer."""
    with serve.open_server(folder, 8950) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()

        def request(path, method="GET", **headers):
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.server_port)) as line:
                line.request(method, path, headers={n.replace("_", "-"): v for n, v in headers.items()})
                answer = line.getresponse()
                return answer.status, answer.headers, answer.read()

        yield request
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("offer", "coding", "unpack"), [
    ("gzip, deflate, br", "br", brotli.decompress), ("gzip", "gzip", gzip.decompress),
    ("br;q=0, gzip", "gzip", gzip.decompress), ("", None, bytes), ("zstd", None, bytes),
])  # fmt: skip
def test_text_is_packed_as_the_browser_can_take_it(ask, offer, coding, unpack):
    status, headers, body = ask("/index.html", Accept_Encoding=offer)
    assert (status, headers["Content-Encoding"], unpack(body)) == (200, coding, TEXT.encode())
    assert headers["Vary"] == "Accept-Encoding"
    assert int(headers["Content-Length"]) == len(body)
    assert coding is None or len(body) < len(TEXT) / 5


def test_a_font_is_sent_as_it_is(ask):
    _, headers, body = ask("/font.woff2", Accept_Encoding="gzip, br")
    assert (headers["Content-Encoding"], headers["Content-Type"], len(body)) == (None, "font/woff2", 200)


@pytest.mark.parametrize("path", ["/", "/font.woff2", "/nowhere", "/sub"])
def test_every_answer_has_the_security_headers(ask, path):
    _, headers, _ = ask(path)
    assert {name: headers[name] for name in SECURITY} == SECURITY
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "script" not in policy
    assert "unsafe-eval" not in policy


def test_the_page_on_hosting_gives_the_same_headers():
    page = (Path(__file__).parents[1] / "book" / "hosting.md").read_text(encoding="utf-8")
    assert "\n".join(f"{name}: {value}" for name, value in SECURITY.items()) in page


def test_what_is_not_there_gets_the_404_page_and_no_folder_is_listed(ask, folder):
    for path in ("/nowhere.html", "/index.html/", "/%2e%2e/secret", "/../secret"):
        status, headers, body = ask(path)
        assert (status, headers["Content-Type"], body) == (404, "text/html; charset=utf-8", b"<h1>Not here</h1>"), path
    (folder / "sub" / "index.html").unlink()
    assert ask("/sub/")[0] == 404
    (folder / "404.html").unlink()
    assert ask("/nowhere")[::2] == (404, b"There is no such page.\n")


def test_a_folder_is_sent_on_to_its_page(ask):
    status, headers, _ = ask("/sub")
    assert (status, headers["Location"]) == (301, "sub/")
    assert ask("/sub/")[2] == b"<h1>Below</h1>"


def test_head_says_what_get_would_and_sends_nothing(ask):
    got, asked = ask("/", Accept_Encoding="gzip"), ask("/", "HEAD", Accept_Encoding="gzip")
    assert asked[0] == 200
    assert asked[2] == b""
    assert asked[1]["Content-Length"] == got[1]["Content-Length"] == str(len(got[2]))


@pytest.mark.parametrize(("asked", "status", "said", "body"), [
    ("bytes=10-19", 206, "bytes 10-19/200", bytes(range(10, 20))),
    ("bytes=190-", 206, "bytes 190-199/200", bytes(range(190, 200))),
    ("bytes=-5", 206, "bytes 195-199/200", bytes(range(195, 200))),
    ("bytes=190-900", 206, "bytes 190-199/200", bytes(range(190, 200))),
    ("bytes=200-", 416, "bytes */200", b""),
    ("bytes=-0", 416, "bytes */200", b""),
    ("bytes=9-3", 416, "bytes */200", b""),
    ("bytes=1-2,4-5", 200, None, bytes(range(200))),
    ("lines=1-2", 200, None, bytes(range(200))),
])  # fmt: skip
def test_a_part_of_a_file(ask, asked, status, said, body):
    answer = ask("/font.woff2", Range=asked)
    assert (answer[0], answer[1]["Content-Range"], answer[2]) == (status, said, body)


def test_a_file_that_has_not_changed_is_not_sent_again(ask, folder):
    tag = ask("/")[1]["ETag"]
    status, _, body = ask("/", If_None_Match=tag)
    assert (status, body) == (304, b"")
    (folder / "index.html").write_text("new")
    assert ask("/", If_None_Match=tag)[::2] == (200, b"new")
    assert ask("/index.html", Range="bytes=0-0", If_Range=tag)[::2] == (200, b"new")


def test_others_in_the_network_read_only_when_that_was_asked_for(folder):
    with serve.open_server(folder, 8960) as server:
        assert server.server_address[0] == "127.0.0.1"
    with serve.open_server(folder, 8960, "0.0.0.0") as server:
        assert server.server_address[0] == "0.0.0.0"
    with pytest.raises(SystemExit, match=r"no address of this machine; 0\.0\.0\.0 stands for all"):
        serve.open_server(folder, 8960, "192.0.2.7")


def test_the_program_says_where_the_book_is_and_who_can_read_it(folder):
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "booksite.serve", str(folder), "--port", str(port), "--host", "0.0.0.0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
            said = [program.stdout.readline() for _ in range(4)]
            program.terminate()
    assert said[0] == f"Port {port} is in use; trying the next.\n"
    assert f":{port + 1}/" in said[2]
    assert "127.0.0.1" not in said[2]
    assert "Everyone in this network" in said[3]
