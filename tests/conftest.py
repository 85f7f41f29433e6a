"""What the tests share: the built site, served and on disk, and one browser for the whole run."""

import threading

import pytest
from audits import NODE
from browser import ARGUMENTS, find_chromium
from bs4 import BeautifulSoup
from pages import NOT_BUILT, SITE, WAIT, Tab, live_page_names, page_names
from playwright.sync_api import sync_playwright

from booksite.serve import open_server

# A file goes to one worker whole: the longest come first, so that none is left alone at the end.
LONGEST = (
    *("test_notebooks.py", "test_build.py", "test_site.py", "test_access.py", "test_page_audits.py"),
    *("test_widgets_live.py", "test_site_addresses.py", "test_site_widgets.py", "test_jupyterlab.py"),
    *("test_classroom_box.py", "test_classroom_grading.py", "test_classroom_hub.py"),
)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


def pytest_generate_tests(metafunc):
    for fixture, names in (("page_name", page_names), ("live_name", live_page_names)):
        if fixture in metafunc.fixturenames:
            metafunc.parametrize(fixture, names())


@pytest.fixture(scope="session")
def site():
    """The folder that holds the built site."""
    if not (SITE / "index.html").is_file():
        pytest.fail(NOT_BUILT)
    return SITE


@pytest.fixture(scope="session")
def soups(site):
    """Every page as it is written."""
    return {n: BeautifulSoup((site / n).read_text(encoding="utf-8"), "html.parser") for n in page_names()}


@pytest.fixture(scope="session")
def axe():
    return (NODE / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def server(site):
    """Address of the site, served by the program that `make book` runs."""
    with open_server(site, 8900) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/"
        running.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
        yield chromium
        chromium.close()


@pytest.fixture(params=["http", "file"])
def home(request, site):
    """Where the site is: at a web address and, as on a USB stick, in a folder."""
    return request.getfixturevalue("server") if request.param == "http" else site.as_uri() + "/"


@pytest.fixture
def open_tab(browser, server):
    """Opens a page of the site: ``open_tab(name, **context)``. At the test's end no tab may have complained."""
    opened = []

    def open_one(name, home=server, **options):
        tab = Tab(browser, home, **options)
        opened.append(tab)
        tab.page.set_default_timeout(1000 * WAIT)
        return tab.open(name)

    yield open_one
    complaints = [c for tab in opened for c in tab.complaints]
    for tab in opened:
        tab.context.close()
    assert complaints == []
