"""The chapter's listing in PyTorch prints what the page says, and what normlib's twin beside it prints."""

import contextlib
import io
import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

CHAPTER = Path(__file__).parents[1] / "book" / "deep-networks.md"
NO_TORCH = "PyTorch is not installed here; the chapter's recorded lines are compared with normlib alone"


@pytest.fixture(scope="module")
def text():
    return CHAPTER.read_text(encoding="utf-8")


def block(text, name):
    """The contents of the code block with this name."""
    [found] = re.findall(rf"^```\{{code-block\}} \w+\n:name: {name}\n\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return found


def cells(text):
    """The chapter's visible code cells, in order."""
    found = re.findall(r"^```\{code-cell\} ipython3\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [cell for cell in found if not cell.startswith((":tags:", "---"))]


def printed(*sources):
    """What some code prints, run in one new namespace."""
    out, namespace = io.StringIO(), {}
    with mpl.rc_context(), np.printoptions(), contextlib.redirect_stdout(out):
        for source in sources:
            exec(compile(source, str(CHAPTER), "exec"), namespace)
    return out.getvalue()


def test_the_recorded_lines_are_those_of_normlibs_twin(text):
    imports = cells(text)[0]
    section = text.partition("### The same network in PyTorch\n")[2].partition("\n## ")[0]
    assert printed(imports, *cells(section)) == block(text, "listing-pytorch-output")


def test_the_recorded_lines_are_those_of_pytorch(text):
    pytest.importorskip("torch", reason=NO_TORCH)
    assert printed(block(text, "listing-pytorch")) == block(text, "listing-pytorch-output")
