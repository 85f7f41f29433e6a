"""What stands on the pages when the book knows its addresses, and what does not when it knows none."""

import functools
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup
from PIL import Image
from test_build import FRONT, ROOT, build, write_book
from test_site import REPEATED_IDS, VIOLATIONS

from booksite import cards
from booksite.launch import launch_links
from normlib import __version__

BASE, SOURCE, HUB = "http://book.example.org/sub/", "https://github.com/someone/book", "https://hub.example.org"
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))


@functools.cache
def read(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def set_addresses(folder, baseurl, repository="", jupyterhub=""):
    """Write into the settings of the book in `folder` where it stands."""
    config = yaml.safe_load((folder / "_config.yml").read_text())
    config["html"]["baseurl"] = baseurl
    config["sphinx"]["config"] |= {"repository": repository, "jupyterhub": jupyterhub}
    (folder / "_config.yml").write_text(yaml.safe_dump(config))


def small_site(folder, *addresses):
    """A book of two pages, one of which is a notebook, and the site that is built from it."""
    write_book(folder, "Words.\n")
    (folder / "book" / "plain.md").write_text("# A page without cells: $x < y$\n\n## Next\n")
    set_addresses(folder, *addresses)
    (folder / "_toc.yml").write_text("format: jb-book\nroot: book/index\nchapters:\n  - file: book/plain\n")
    (folder / "book" / "index.md").write_text(
        FRONT.replace("kernelspec", "myst: {html_meta: {description: Of a page}}\nkernelspec") + "Words.\n"
    )
    (folder / "notebooks").mkdir()
    (folder / "notebooks" / "index.ipynb").write_text("{}")
    done = build(folder)
    assert done.returncode == 0, done.stderr
    return folder / "_build" / "html"


@pytest.fixture(scope="module")
def hosted(tmp_path_factory):
    """A small book that knows where it stands."""
    return small_site(tmp_path_factory.mktemp("hosted"), BASE.rstrip("/"), f"{SOURCE}/", HUB)


@pytest.fixture(scope="module")
def homeless(tmp_path_factory):
    """The same book without any address."""
    return small_site(tmp_path_factory.mktemp("homeless"), "")


def test_the_version_stands_at_the_foot_of_every_page(soups, page_name):
    [version] = soups[page_name].select("footer .version")
    assert version.text.split() == ["Version", __version__]
    assert urljoin(page_name, version.a["href"]) == "book/changelog.html"


def test_the_newest_version_is_in_the_changelog_and_in_the_citation(soups):
    versions = [heading.text.strip("#") for heading in soups["book/changelog.html"].select("article h2")]
    assert versions[0] == __version__
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == __version__


def test_without_addresses_nothing_on_a_page_needs_one(homeless):
    pages = [read(path) for path in sorted(homeless.rglob("*.html")) if path.name != "404.html"]
    assert len(pages) > 2
    for soup in pages:
        assert soup.select("link[rel=canonical], meta[property='og:url'], meta[property='og:image'], base") == []
        assert [a["href"] for a in soup.select(".notebook-links a, .version a") if urlsplit(a["href"]).scheme] == []
    assert not (homeless / "sitemap.xml").exists()
    assert "Sitemap" not in (homeless / "robots.txt").read_text()


def test_every_chapter_offers_its_notebook(site, soups):
    offered = []
    for name, soup in soups.items():
        for link in soup.select(".notebook-links a[download]"):
            path = urljoin(name, link["href"])
            assert (site / path).read_bytes() == (ROOT / path).read_bytes()
            offered.append(Path(path).name)
    assert sorted(offered) == NOTEBOOKS != []


def test_with_an_address_a_page_says_where_it_stands(hosted):
    soup = read(hosted / "book" / "index.html")
    tags = {meta["property"]: meta["content"] for meta in soup.select("meta[property]")}
    assert soup.find("link", rel="canonical")["href"] == tags["og:url"] == f"{BASE}book/index.html"
    assert (tags["og:type"], tags["og:title"], tags["og:description"]) == ("website", "A page", "Of a page")
    assert tags["og:image"].startswith(BASE)
    assert (
        read(hosted / "book" / "plain.html").find("meta", property="og:title")["content"]
        == "A page without cells: x < y"
    )


def test_the_sitemap_lists_every_page_and_the_robots_find_it(hosted):
    found = [e.text for e in ET.parse(hosted / "sitemap.xml").iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert found == [f"{BASE}book/index.html", f"{BASE}book/plain.html"]
    assert f"Sitemap: {BASE}sitemap.xml" in (hosted / "robots.txt").read_text().splitlines()


def test_each_page_has_a_small_card_of_its_own(hosted):
    pictures = []
    for name in ("index", "plain"):
        tag = read(hosted / "book" / f"{name}.html").find("meta", property="og:image")
        path = hosted / tag["content"].removeprefix(BASE)
        assert path.stat().st_size < 40_000
        with Image.open(path) as image:
            assert image.size == (cards.WIDTH, cards.HEIGHT)
            pictures.append(image.convert("RGB").tobytes())
    assert pictures[0] != pictures[1]


def test_a_card_of_the_same_words_has_the_same_bytes(tmp_path):
    for name in ("one.png", "two.png"):
        cards.draw(tmp_path / name, "A $title$", "A book")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_a_page_with_a_notebook_opens_it_elsewhere_and_a_page_without_does_not(hosted):
    links = read(hosted / "book" / "index.html").select(".notebook-links a")
    assert links[0]["href"] == "../notebooks/index.ipynb"
    assert [a["href"] for a in links[1:]] == list(launch_links("index.ipynb", SOURCE, "main", HUB, BASE).values())
    assert (hosted / "notebooks" / "index.ipynb").is_file()
    plain = read(hosted / "book" / "plain.html")
    assert plain.select(".notebook-links") == []
    assert plain.select_one(".version a[href^=https]")["href"] == SOURCE


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_link_leads_to_a_notebook_of_the_repository(name):
    links = launch_links(name, f"{SOURCE}.git", "main", HUB, BASE)
    assert list(links) == ["Colab", "Binder", "JupyterHub"]
    places = {
        "Colab": urlsplit(links["Colab"]).path.removeprefix("/github/someone/book/blob/main/"),
        "Binder": parse_qs(urlsplit(links["Binder"]).query)["urlpath"][0].removeprefix("lab/tree/"),
        "JupyterHub": parse_qs(urlsplit(links["JupyterHub"]).query)["urlpath"][0].removeprefix("lab/tree/book/"),
    }
    for place, path in places.items():
        assert (ROOT / path).is_file(), place
    assert urlsplit(links["Binder"]).path == "/v2/gh/someone/book/main"
    assert parse_qs(urlsplit(links["JupyterHub"]).query)["repo"] == [f"{SOURCE}.git"]


def test_links_appear_only_when_their_addresses_are_set():
    assert launch_links("a.ipynb", "", "main", HUB, BASE) == {}
    assert list(launch_links("a.ipynb", SOURCE, "main")) == ["Binder"]
    assert list(launch_links("a.ipynb", "https://git.example.org/x/book", "main", HUB, BASE)) == ["JupyterHub"]


def test_an_address_that_is_none_stops_the_build(tmp_path):
    write_book(tmp_path, "Words.\n")
    set_addresses(tmp_path, "example.org/book")
    done = build(tmp_path)
    assert done.returncode != 0
    assert "html_baseurl = 'example.org/book' is no address" in done.stdout + done.stderr


def test_a_wrong_address_is_answered_at_any_depth(open_tab, axe, site, server):
    tab = open_tab("book/index.html")
    answer = re.sub('<base href="[^"]*">', '<base href="/">', (site / "404.html").read_text(encoding="utf-8"))
    tab.context.route("**/no/such/**", lambda route: route.fulfill(body=answer, content_type="text/html"))
    tab.page.goto(f"{server}no/such/page/at-all.html")
    links = tab.page.locator("article a").evaluate_all("(links) => links.map((a) => a.href)")
    assert links == [f"{server}book/index.html", f"{server}search.html"]
    tab.page.evaluate(f"{axe}\n;0")
    assert tab.page.evaluate(VIOLATIONS, []) == []
    assert tab.page.evaluate(REPEATED_IDS) == []
    tab.page.wait_for_load_state("networkidle")
    tab.page.locator("article a").first.click()
    tab.page.wait_for_url(f"{server}book/index.html")


def test_in_a_subfolder_the_page_for_wrong_addresses_knows_where_it_is(hosted):
    soup = read(hosted / "404.html")
    assert soup.base["href"] == "/sub/"
    assert soup.base.find_previous(["link", "script"]) is None
    assert soup.find("meta", attrs={"name": "robots"})["content"] == "noindex"
    assert soup.select("link[rel=canonical]") == []
