"""The book's version and its addresses: what needs an address is written only where _config.yml sets it."""

import html
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from docutils import nodes
from sphinx.errors import ConfigError

import normlib

from . import cards

SETTINGS = {"repository": "", "repository_branch": "main", "jupyterhub": ""}
SITEMAP = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
NOT_FOUND = "404"  # the name that static hosts look for


def complete(app, config):
    """Addresses as the rest may rely on: absolute, the site's with a slash at its end, the others without."""
    config.version = config.release = normlib.__version__
    for name in ("html_baseurl", "repository", "jupyterhub"):
        address = config[name].strip().rstrip("/")
        if address and not (urlsplit(address).scheme in {"http", "https"} and urlsplit(address).netloc):
            raise ConfigError(f"_config.yml: {name} = {config[name]!r} is no address such as https://example.org/book/")
        config[name] = f"{address}/" if address and name == "html_baseurl" else address


def describe(app, pagename, templatename, context, doctree):
    """Tags for the head: what a link to the page looks like elsewhere, and pages that no search engine should list."""
    context["repository"] = app.config.repository
    if doctree is None:
        root = html.escape(urlsplit(app.config.html_baseurl).path or "/")
        # The page of a wrong address is answered at any depth, where no relative address would hold.
        base = f'<base href="{root}">\n' if pagename == NOT_FOUND else ""
        unlisted = '<meta name="robots" content="noindex">\n' if pagename != "search" else ""
        context["metatags"] = base + unlisted
        context.pop("pageurl", None)  # nor is there a canonical address
        return
    words = [m["content"] for m in doctree.findall(nodes.meta) if m.get("name") == "description"]
    tags = {
        "og:type": "website" if pagename == app.config.root_doc else "article",
        "og:site_name": app.config.html_title,
        "og:title": app.env.titles[pagename].astext(),
        "og:description": words[0] if words else "",
    }
    if base := app.config.html_baseurl:
        tags |= {"og:url": context["pageurl"], "og:image": urljoin(base, cards.address(pagename))}
        tags["og:image:alt"] = f"{tags['og:title']}, a page of {app.config.html_title}"
        context["metatags"] += '<meta name="twitter:card" content="summary_large_image">\n'
    for name, value in tags.items():
        context["metatags"] += f'<meta property="{name}" content="{html.escape(value)}">\n' if value else ""


def not_found(app):
    """A page for addresses that lead nowhere."""
    yield NOT_FOUND, {"title": "No such page"}, "404.html"


def write_maps(app, exception):
    """For search engines: robots.txt, and with an address the sitemap and the pages' cards."""
    if exception is not None or app.builder.name != "html":
        return
    out, base = Path(app.outdir), app.config.html_baseurl
    robots = "User-agent: *\nDisallow:\n"
    (out / "sitemap.xml").unlink(missing_ok=True)
    if base:
        robots += f"Sitemap: {base}sitemap.xml\n"
        pages = sorted(app.env.found_docs)
        lines = "".join(f"<url><loc>{html.escape(base + app.builder.get_target_uri(p))}</loc></url>\n" for p in pages)
        (out / "sitemap.xml").write_text(f"{SITEMAP}{lines}</urlset>\n", encoding="utf-8")
        for page in pages:
            cards.draw(out / cards.address(page), app.env.titles[page].astext(), app.config.html_title)
    (out / "robots.txt").write_text(robots, encoding="utf-8")


def setup(app):
    for name, default in SETTINGS.items():
        app.add_config_value(name, default, "html", types=(str,))
    app.connect("config-inited", complete)
    app.connect("html-collect-pages", not_found)
    app.connect("html-page-context", describe, priority=700)
    app.connect("build-finished", write_maps)
