"""LiveWidget: one class for three hosts: a kernel, a static page, and paper."""

import base64
import html
import json
from pathlib import Path

import anywidget
import numpy as np
import traitlets as t

from .. import plot
from . import bundle
from .own import own_numbers

HERE = Path(__file__).parent
NOTE = "This figure moves when JavaScript is on."
KINDS = {"float64": "Float64Array", "float32": "Float32Array", "int32": "Int32Array", "uint8": "Uint8Array"}


class LiveWidget(anywidget.AnyWidget):
    """A picture that follows its controls.

    A subclass names its ES module, lists its controls in the order to show them, and gives a still picture
    and the sentence that says in words what the picture shows.

    Parameters
    ----------
    key : str
        Names the widget in the page's address, as in ``#bell.mu=2``; letters, digits and hyphens, unique on a page.
    seed : int
        Of the standard normal draws that the widget is shipped with.
    data : array_like of shape (n,), optional
        Your own numbers in place of the draws, for the widgets that draw a sample; kept as float32. Empty, constant
        and not finite ones are drawn as far as they can be, with a note in words.
    **values : float, int or str
        Starting values of the controls.

    Raises
    ------
    traitlets.TraitError
        If a value lies outside of its control's range; it names the range.
    TypeError
        If `data` are no real numbers, or the widget has no sample to put them in place of.
    ValueError
        If `data` are not one row.
    """

    module = ""
    controls: tuple[str, ...] = ()
    draws_count = 0
    takes_data = False
    heights = (600, 800)  # px, live, on a desk and on a phone: a page keeps so much room free before it comes alive

    key = t.Unicode("").tag(sync=True)
    draws = t.Bytes(b"").tag(sync=True)
    _shipped = t.Dict().tag(sync=True)
    _controls: t.List = t.List().tag(sync=True)
    _start = t.Dict().tag(sync=True)

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "module" in vars(cls):  # not in the class that anywidget derives again to add its own traits
            cls._esm = bundle.esm(cls.module)
            cls._css = stylesheet()

    def __init__(self, key="", seed=0, data=None, **values):
        if unknown := set(values) - set(self.controls):
            raise t.TraitError(f"{sorted(unknown)} came; {type(self).__name__} has the controls {list(self.controls)}")
        if data is not None and not self.takes_data:
            raise TypeError(f"data came; {type(self).__name__} draws no sample that they could stand in place of")
        z = np.random.default_rng(seed).standard_normal(self.draws_count)
        if data is not None:
            z = own_numbers(data, self.draws_count)
        super().__init__(key=key, draws=z.astype("<f4").tobytes(), **values)
        traits = self.traits()
        self._controls = [{"name": n, **traits[n].metadata["control"]} for n in self.controls]
        self._shipped = {name: _packed(name, array) for name, array in self.shipped().items()}
        self._start = self.values()

    @t.validate("key")
    def _check_key(self, proposal):
        key = proposal["value"]
        if key and not (key.isascii() and key.replace("-", "").isalnum()):
            raise t.TraitError(f"key = {key!r} came; expected letters, digits and hyphens, such as 'bell'")
        return key

    def values(self):
        """What the controls are set to, by name."""
        return {name: getattr(self, name) for name in self.controls}

    def shipped(self):
        """Arrays that the picture is drawn from, by name, sent once and flat: float64, float32, int32 or uint8."""
        return {}

    @property
    def standard_draws(self):
        """The standard normal draws behind the picture: ndarray of float64, exactly the float32 that were shipped."""
        return np.frombuffer(self.draws, "<f4").astype(np.float64)

    def describe(self):
        """What the picture shows now, in words."""
        raise NotImplementedError(f"{type(self).__name__} has no words for its picture")

    def still(self):
        """What the picture shows now, as a matplotlib figure."""
        raise NotImplementedError(f"{type(self).__name__} has no still picture")

    def to_html(self):
        """The widget for a page without a kernel: a still picture, and the state that a script revives it from."""
        state = {**self.values(), "key": self.key, "_controls": self._controls, "_start": self._start}
        state |= {"draws": self.draws} | ({"_shipped": self._shipped} if self._shipped else {})
        text = json.dumps(state, separators=(",", ":"), sort_keys=True, ensure_ascii=False, default=_base64)
        text = text.replace("<", "\\u003c")
        svg = plot.figure_svg(self.still(), alt=self.describe(), prefix=f"nl-{self.module}-{self.key}")
        return (
            f'<figure class="nl-widget" data-live-widget="{self.module}" data-live-key="{html.escape(self.key)}" '
            f'style="--nl-desk:{self.heights[0]}px;--nl-phone:{self.heights[1]}px">\n'
            f"{svg}\n<noscript><p>{NOTE}</p></noscript>\n"
            f'<script type="application/json">{text}</script>\n</figure>'
        )

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        words = f"{type(self).__name__}: {self.describe()}"
        return {**data, "text/plain": words, "text/html": self.to_html()}, metadata


def _packed(name, array):
    """An array as a page or a kernel sends it: what JavaScript calls its kind, and its bytes, little-endian."""
    array = np.asarray(array)
    if array.dtype.name not in KINDS:
        raise TypeError(f"shipped()[{name!r}] has dtype {array.dtype}; expected one of {', '.join(KINDS)}")
    return {"kind": KINDS[array.dtype.name], "bytes": array.astype(array.dtype.newbyteorder("<")).tobytes()}


def _base64(data):
    """Bytes as JSON can hold them."""
    return {"base64": base64.b64encode(data).decode()}


def stylesheet():
    """The style of all widgets, with the palette in front."""
    return plot.palette_css() + (HERE / "widgets.css").read_text(encoding="utf-8")
