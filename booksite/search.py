"""The search finds symbols as it finds words: γ and gamma are one, x̂ is x_hat, an index is split from its letter."""

import json
import re
from pathlib import Path

from sphinx.search.en import SearchEnglish

GREEK = {
    **{"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta"},
    **{"κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau"},
    **{"φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "ϵ": "epsilon", "ϑ": "theta", "ϕ": "phi"},
    **{"∂": "partial", "∇": "nabla", "∑": "sum"},
}
SAME = {"varepsilon": "epsilon", "vartheta": "theta", "varphi": "phi"}  # TeX's other forms of a letter
HAT = re.compile(r"\\(?:wide)?hat\s*\{?\s*\\?([A-Za-z]+)\}?|(\w)\u0302")
SPLIT = """var splitQuery = (query) => {
  const names = %s; // of what has no letters of its own on many keyboards
  const plain = query.toLowerCase().replace(/([\\p{Letter}])\\u0302/gu, "$1_hat")
    .replace(/(?<![\\p{Letter}\\p{Number}_])d(?=[α-ωϵϑϕ])/gu, " \\0")
    .replace(/[%s]/gu, (letter) => ` ${names[letter]} `)
    .replace(/\\0 /g, "d");
  return plain.split(/[^\\p{Letter}\\p{Number}_]+/gu).filter((term) => term);
};"""


def plain(text):
    """A text with its symbols spelt out: ``\\hat{x}``, ``x̂`` and ``γ`` as the code names them."""
    text = HAT.sub(lambda m: f" {m[1] or m[2]}_hat ", text.lower())
    text = re.sub(r"(?<!\w)d(?=[α-ωϵϑϕ])", " \0", text)  # dγ is dgamma, and not d and gamma
    return re.sub(f"[{''.join(GREEK)}]", lambda m: f" {GREEK[m[0]]} ", text).replace("\0 ", "d")


class BookSearch(SearchEnglish):
    """English, with the book's symbols."""

    js_splitter_code = SPLIT % (json.dumps(GREEK, ensure_ascii=False), "".join(GREEK))

    def split(self, input):
        """Words; of one with underscores, ``running_mean`` or TeX's ``\\sigma_b``, its parts as well."""
        words = []
        for word in self._word_re.findall(plain(input)):
            parts = [part for part in word.split("_") if part] if "_" in word else []
            words += [SAME.get(name, name) for name in (word, *parts)]
        return words


def configure(app, config):
    config.html_search_scorer = str(Path(__file__).parent / "theme" / "scorer.js")


def setup(app):
    app.connect("config-inited", configure)
    app.add_search_language(BookSearch)
