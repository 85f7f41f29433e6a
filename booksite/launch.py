"""Each chapter's notebook: a file of the site, and links that open it where notebooks run."""

import html
import shutil
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

FOLDER = "notebooks"  # in the repository and in the site alike


def launch_links(notebook, repository, branch, hub="", site=""):
    """Addresses that open a notebook of the repository where notebooks run.

    Parameters
    ----------
    notebook : str
        The file's name in ``notebooks/``.
    repository : str
        The source's address; empty if it has none yet. Colab and Binder know repositories on GitHub by name.
    branch : str
    hub : str, optional
        A JupyterHub's address, one with nbgitpuller.
    site : str, optional
        The site's address. Colab is only linked with one: a notebook there installs normlib from the site.

    Returns
    -------
    dict of str to str
        Name of the place to address.
    """
    parts = urlsplit(repository)
    path = f"{FOLDER}/{notebook}"
    links = {}
    if repository and parts.netloc == "github.com":
        name = parts.path.strip("/").removesuffix(".git")
        if site:
            links["Colab"] = f"https://colab.research.google.com/github/{name}/blob/{quote(branch)}/{path}"
        place = urlencode({"urlpath": f"lab/tree/{path}"})
        links["Binder"] = f"https://mybinder.org/v2/gh/{name}/{quote(branch, safe='')}?{place}"
    if repository and hub:
        clone = parts.path.rstrip("/").rpartition("/")[2].removesuffix(".git")  # the folder that git makes of it
        query = {"repo": repository, "branch": branch, "urlpath": f"lab/tree/{clone}/{path}"}
        links["JupyterHub"] = f"{hub}/hub/user-redirect/git-pull?{urlencode(query)}"
    return links


class OfferNotebook(SphinxPostTransform):
    """Put under the title of each page that has a notebook the links to it."""

    default_priority = 400
    formats = ("html",)

    def run(self, **kwargs):
        env, config = self.env, self.config
        if self.app.builder.name != "html" or "kernelspec" not in env.metadata[env.docname]:
            return
        name = f"{Path(env.docname).name}.ipynb"
        up = "../" * env.docname.count("/")
        links = launch_links(name, config.repository, config.repository_branch, config.jupyterhub, config.html_baseurl)
        offers = [f'<a href="{up}{FOLDER}/{name}" download>Download this page as a notebook</a>']
        offers += [f'<a href="{html.escape(there)}">open it in {place}</a>' for place, there in links.items()]
        text = f'<p class="notebook-links d-print-none">{" · ".join(offers)}</p>\n'
        title = next(iter(self.document.findall(nodes.title)))
        title.parent.insert(title.parent.index(title) + 1, nodes.raw("", text, format="html"))


def copy_notebooks(app, exception):
    """Make the site's notebooks those of the repository."""
    if exception is not None or app.builder.name != "html":
        return
    target = Path(app.outdir) / FOLDER
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for path in sorted((Path(app.srcdir) / FOLDER).glob("*.ipynb")):
        shutil.copyfile(path, target / path.name)


def setup(app):
    app.add_post_transform(OfferNotebook)
    app.connect("build-finished", copy_notebooks)
