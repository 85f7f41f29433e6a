"""`make browser` finds a Chromium or says in plain words what to do; it is never silent."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from browser import find_chromium

SCRIPT = Path(__file__).parent / "browser.py"
NOWHERE = "http://127.0.0.1:9"  # nothing listens there


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A computer without any browser, and without apt-get."""
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "none"))
    monkeypatch.setenv("PLAYWRIGHT_DOWNLOAD_HOST", NOWHERE)
    return tmp_path


def put(folder, name):
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def run():
    return subprocess.run([sys.executable, SCRIPT], env=dict(os.environ), capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"])
def test_a_browser_on_the_path_is_found(bare, name):
    path = put(bare, name)
    assert find_chromium() == path
    assert path in run().stdout


def test_the_variable_goes_before_the_path(bare, monkeypatch):
    put(bare, "chromium")
    mine = put(bare, "mine")
    monkeypatch.setenv("CHROMIUM", mine)
    assert find_chromium() == mine


def test_a_wrong_variable_is_named_and_not_passed_over(bare, monkeypatch):
    put(bare, "chromium")
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    with pytest.raises(FileNotFoundError, match="CHROMIUM = '/nowhere/chromium'"):
        find_chromium()
    done = run()
    assert (done.returncode, done.stdout) == (1, "")
    assert "unset it" in done.stderr


def test_without_a_browser_the_error_says_what_to_do(bare):
    with pytest.raises(FileNotFoundError, match="make browser"):
        find_chromium()


def test_where_none_can_be_installed_it_says_so_and_fails(bare):
    done = run()
    assert done.returncode == 1
    assert "Installing Chromium:" in done.stdout
    assert "That did not work." in done.stdout
    assert "set the environment variable CHROMIUM" in done.stderr
