"""The search finds symbols and code names as well as words, at a web address and in a folder."""

from urllib.parse import quote

import pytest

from booksite.search import BookSearch

NOTATION, FORWARD, RUNNING, BACK = (
    f"book/{name}.html" for name in ("notation", "batch-norm-forward", "training-and-inference", "backpropagation")
)


def results(tab):
    tab.page.locator("#search-results .search-summary", has_text="finished").wait_for()
    return tab.page.locator("#search-results li > a").evaluate_all(
        "(links) => links.map((a) => a.getAttribute('href'))"
    )


@pytest.mark.parametrize(("words", "pages"), {
    "gamma": [NOTATION, FORWARD],
    "γ": [NOTATION, FORWARD],
    "ε": [NOTATION, FORWARD],
    "x̂": [NOTATION, FORWARD],
    "dγ": [NOTATION, BACK],
    "dx": [NOTATION, BACK],
    "running_mean": [NOTATION, RUNNING],
    "einsum": ["book/normalizing-inputs.html"],
    "momentum": ["book/api.html#normlib.Momentum", RUNNING, "book/glossary.html"],
    "BatchNorm.backward": ["book/api.html#normlib.BatchNorm"],
    "LayerNorm": ["book/api.html#normlib.LayerNorm"],
    "normlib.check_gradients": ["book/api.html#normlib.check_gradients"],
    "whitening": ["book/normalizing-inputs.html#whitening"],
}.items())  # fmt: skip
def test_the_search_finds(open_tab, words, pages):
    found = results(open_tab(f"search.html?q={quote(words)}"))
    assert set(pages) <= set(found), found


@pytest.mark.parametrize(("symbol", "name"), [("γ", "gamma"), ("Σ", "sigma"), ("x̂", "x_hat"), ("dγ", "dgamma")])
def test_a_symbol_finds_what_its_name_finds(open_tab, symbol, name):
    by_symbol, by_name = (results(open_tab(f"search.html?q={quote(words)}")) for words in (symbol, name))
    assert len(by_symbol) > 3
    assert [r for r in by_symbol if "#" not in r] == [r for r in by_name if "#" not in r]


def test_where_a_symbol_is_explained_comes_before_where_it_is_used(open_tab):
    found = results(open_tab(f"search.html?q={quote('x̂')}"))
    assert found.index(NOTATION) < found.index(FORWARD)


def test_from_a_folder_the_search_finds_the_same_and_complains_of_nothing(open_tab, site):
    query = f"search.html?q={quote('running_mean')}"
    assert results(open_tab(query, site.as_uri() + "/")) == results(open_tab(query))


@pytest.mark.parametrize(("text", "words"), [
    ("The running_mean is", ["the", "running_mean", "running", "mean", "is"]),
    (r"\sigma_B^2 + \epsilon", ["sigma_b", "sigma", "b", "2", "epsilon"]),
    (r"\varepsilon \hat{x} \hat\mu", ["epsilon", "x_hat", "x", "hat", "mu_hat", "mu", "hat"]),
    ("σ², dγ, x̂", ["sigma", "²", "dgamma", "x_hat", "x", "hat"]),
    ("γx", ["gamma", "x"]),
])  # fmt: skip
def test_words_of_the_index(text, words):
    assert BookSearch({}).split(text) == words


def test_the_page_splits_a_query_as_the_index_splits_a_text(open_tab):
    page = open_tab("search.html").page
    for query in ("σ²", "dγ", "x̂", "BatchNorm.backward", "Γ ε", "d γ", "ϵ∂φ"):
        ours = [word for word in BookSearch({}).split(query)]
        whole = [w for w in ours if "_" in w or not any(w in o.split("_") for o in ours if "_" in o)]
        assert page.evaluate("(query) => splitQuery(query)", query) == whole, query
