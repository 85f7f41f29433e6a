"""The tools behind `make`: the local server, the link check, the wheel that the site serves."""

import os
import socket
import subprocess
import sys
import zipfile

import pytest

from booksite.links import broken_links
from booksite.serve import open_server
from normlib import __version__


def site_of(folder, **pages):
    for name, body in pages.items():
        (folder / f"{name}.html").write_text(f"<!doctype html><title>{name}</title>{body}")
    return folder


def test_server_takes_the_next_port_and_says_so(tmp_path, capsys):
    site = site_of(tmp_path, index="")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with open_server(site, port) as server:
            assert server.server_port > port
    assert f"Port {port} is in use" in capsys.readouterr().out


def test_server_asks_for_a_built_site(tmp_path):
    with pytest.raises(SystemExit, match=r"no index\.html; build the site first: make html"):
        open_server(tmp_path, 8000)


def test_link_check_names_a_missing_file_and_a_missing_place(tmp_path):
    links = '<h1 id="here"></h1><a href="gone.html">1</a><a href="other.html#nowhere">2</a><img src="gone.png">'
    lines, outside = broken_links(site_of(tmp_path, index=links, other='<p id="there">'))
    assert lines == [
        "index.html: gone.html: no such file",
        "index.html: other.html#nowhere: no such place on the page",
        "index.html: gone.png: no such file",
    ]
    assert outside == 0


def test_link_check_accepts_what_is_there_and_counts_other_hosts(tmp_path):
    links = '<h1 id="here"><a href="#here"><a href="other.html#there"><a href="https://example.org/">'
    lines, outside = broken_links(site_of(tmp_path, index=links, other='<p id="there">'))
    assert (lines, outside) == ([], 1)


def test_link_check_does_not_leave_the_site(tmp_path):
    (tmp_path / "secret.html").write_text("")
    inside = tmp_path / "site"
    inside.mkdir()
    lines, _ = broken_links(site_of(inside, index='<a href="../secret.html">'))
    assert lines == ["index.html: ../secret.html: no such file"]


def test_the_served_wheel_holds_the_library_with_its_widgets(site, tmp_path):
    with zipfile.ZipFile(site / "wheels" / f"normlib-{__version__}-py3-none-any.whl") as wheel:
        wheel.extractall(tmp_path)
    code = (
        "import normlib.widgets as w; assert 'modules' in w.NormalExplorer(key='bell')._esm;"
        "print(w.__file__, w.ActivationHistogram().describe())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path))
