"""Recorded races: a table becomes a few kilobytes, and both languages read the same out of them."""

import gzip

import numpy as np
import pandas as pd
import pytest
from javascript import JavaScript
from pages import Tab, said
from states import states

from normlib.experiments.races import POINTS, RACERS, SWEEPS, races
from normlib.widgets import RecordedRaces
from normlib.widgets.race_records import PLACES, USABLE, packed, race, usable
from normlib.widgets.recorded_races import LOWEST, NAMES
from tests.stand import stand

RACES, WIDGET = "math/races.mjs", "recorded-races.mjs"
SHAPE = (len(SWEEPS), PLACES, len(RACERS), POINTS + 1, 3)


def made(seeds=(0, 1, 2), lost=0.2):
    """A table as `races` returns it, with errors of any size; some runs diverge half-way."""
    rng, rows = np.random.default_rng(0), []
    for sweep, values in SWEEPS.items():
        for value in values:
            for norm in RACERS:
                for seed in seeds:
                    end = 8 if rng.random() < lost else POINTS + 1
                    errors = np.exp(rng.uniform(np.log(0.3), np.log(90), POINTS + 1))
                    for point in range(POINTS + 1):
                        run = (sweep, value, norm, point, seed, 420 * point)
                        rows.append((*run, errors[point] if point < end else 100.0, point >= end))
    return pd.DataFrame(rows, columns=["sweep", "value", "norm", "point", "seed", "seen", "test_error", "diverged"])


TABLE = made()


@pytest.fixture(scope="module")
def js():
    with JavaScript() as js:
        yield js


def sent(widget):
    """What the page gets, as JavaScript is called with it here: numbers, in one row."""
    return {name: array.ravel().astype(float) for name, array in widget.shipped().items()}


def errors_of(table, sweep, value, norm):
    rows = table[(table["sweep"] == sweep) & (table["value"] == value) & (table["norm"] == norm)]
    return rows.pivot_table(index="point", columns="seed", values="test_error").to_numpy()


# The record


def test_a_record_is_small():
    assert packed(TABLE).error.shape == SHAPE
    assert sum(array.nbytes for array in RecordedRaces(TABLE).shipped().values()) < 5000
    assert len(gzip.compress(RecordedRaces(made(seeds=range(5)), key="races").to_html().encode())) < 15_000


def test_errors_are_kept_to_within_what_the_docstring_says():
    percent = np.arange(451) / 4.5
    kept = 100 * (np.rint(254 * np.sqrt(percent / 100)) / 254) ** 2
    off = np.abs(kept - percent)
    assert off[percent <= 2].max() < 0.06
    assert off[percent <= 90].max() < 0.4
    assert (kept[0], kept[-1]) == (0.0, 100.0)


def test_a_race_is_the_spread_over_the_seeds():
    record = packed(TABLE)
    for sweep, name in enumerate(SWEEPS):
        for place, value in enumerate(SWEEPS[name]):
            r = race(record, sweep, place)
            for norm, label in enumerate(RACERS):
                errors = errors_of(TABLE, name, value, label)
                got = np.stack([r.low[norm], r.middle[norm], r.high[norm]])
                wanted = np.stack([errors.min(axis=1), np.median(errors, axis=1), errors.max(axis=1)])
                np.testing.assert_allclose(got, wanted, atol=0.4)
                gone = (errors[-1] == 100).sum()
                assert (r.runs[norm], r.diverged[norm]) == (3, gone)
                assert np.isnan(r.stopped[norm]) if gone == 0 else r.stopped[norm] == 8


def test_usable_values_are_those_where_every_run_learns():
    record, values = packed(TABLE), SWEEPS["batch size"]
    for norm, label in enumerate(RACERS):
        worst = [errors_of(TABLE, "batch size", value, label)[-1].max() for value in values]
        assert all(abs(w - USABLE) > 0.4 for w in worst)
        assert usable(record, 2, norm) == [i for i, w in enumerate(worst) if w <= USABLE]


def test_what_was_not_recorded_is_nan():
    table = TABLE[(TABLE["sweep"] != "batch size") & ~((TABLE["norm"] == "layer") & (TABLE["seed"] > 0))].copy()
    table.loc[(table["norm"] == "group") & (table["seed"] == 1), "test_error"] = np.nan
    r = race(packed(table), 0, 0)
    assert r.runs.tolist() == [3, 3, 1, 2]
    np.testing.assert_array_equal(r.low[2], r.high[2])
    assert np.isfinite(r.middle).all()
    assert np.isnan(race(packed(table), 2, 0).middle).all()


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda t: t.drop(columns="seen"), TypeError, r"without \['seen'\] came; expected the table that normlib"),
        (lambda t: t.to_dict(), TypeError, "dict came; expected the table"),
        (
            lambda t: t.replace({"sweep": {"batch size": "momentum"}}),
            ValueError,
            "sweep 'momentum' came; expected one of",
        ),
        (lambda t: t.replace({"norm": {"batch": "power"}}), ValueError, "norm 'power' came"),
        (lambda t: t.replace({"value": {0.03: 0.04}}), ValueError, r"0\.04 came; expected one of 0\.0"),
        (lambda t: t.assign(point=t["point"] + 1), ValueError, "point 16 came"),
        (lambda t: t.assign(test_error=101.0), ValueError, "test_error 101.0 came; expected percent"),
        (lambda t: pd.concat([t, t[:1]]), ValueError, "one run came twice"),
    ],
)
def test_a_table_that_is_none_of_races_is_refused_in_words(change, error, words):
    with pytest.raises(error, match=words):
        RecordedRaces(change(TABLE))


# The same in both languages


def test_races_and_words_are_the_same_in_both_languages(js):
    half = TABLE[(TABLE["sweep"] == "learning rate") & (TABLE["norm"] != "layer")]
    for table in (TABLE, half, made(seeds=(4, 5), lost=0), None):
        for state in list(states(RecordedRaces, 15)):
            widget = RecordedRaces(table, **state.values())
            there = js(WIDGET, "describe", widget.values(), sent(widget))
            assert there == widget.describe()
            sweep, place = widget.where
            rows = js(RACES, "race", sent(widget), sweep, place)
            for name in ("low", "middle", "high", "runs", "diverged", "stopped"):
                np.testing.assert_array_equal([row[name] for row in rows], getattr(widget.race, name))


def test_words_name_the_runs_that_diverged_and_the_values_that_work():
    table = TABLE.copy()
    table["test_error"], table["diverged"] = 5.0, False
    high = (table["norm"] == "none") & (table["value"] >= 1) & (table["seed"] < 2) & (table["point"] > 3)
    table.loc[high, ["test_error", "diverged"]] = [100.0, True]
    words = RecordedRaces(table, rate=3).describe()
    assert words.startswith(
        "Learning rate 3: test error after 6300 digits, median of 3 runs (lowest to highest): no norm"
    )
    assert "no norm 100.0 % (5.0 to 100.0), BN 5.0 % (5.0 to 5.0), LN" in words
    assert "Runs that diverged: 2 of 3 with no norm." in words
    assert "At most 20 % wrong in every run: no norm at 0.03, 0.1, 0.3; BN at 0.03, 0.1, 0.3, 1, 3, 10; LN" in words


def test_an_empty_record_says_so_and_can_be_drawn():
    widget = RecordedRaces()
    assert widget.describe() == (
        "Learning rate 1: no race was recorded here. normlib.experiments.races() records them."
    )
    assert len(widget.still().axes) == 2


def test_the_still_draws_every_norm_and_marks_runs_that_diverged():
    widget = RecordedRaces(TABLE, sweep="weight scale", scale=0.07)
    during, after = widget.still().axes
    r = widget.race
    curves = [line for line in during.lines if len(line.get_xdata()) == POINTS + 1]
    assert [line.get_label() for line in curves] == list(NAMES)
    for line, middle in zip(curves, r.middle, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), middle.clip(LOWEST))
    assert len(during.lines) - len(curves) == (r.diverged > 0).sum() > 0
    assert len({line.get_linestyle() for line in curves}) == len({line.get_color() for line in curves}) == 4
    assert after.lines[-1].get_xdata() == [0.07, 0.07]


# The experiment


def test_races_are_those_of_the_other_experiments():
    table = races(
        seeds=[1],
        sweeps={"learning rate": [0.3], "batch size": [64]},
        norms=["batch"],
        steps=16,
        epochs=1,
        progress=False,
    )
    rate, size = (table[table["sweep"] == name] for name in ("learning rate", "batch size"))
    assert rate["point"].tolist() == size["point"].tolist() == list(range(POINTS + 1))
    assert rate["seen"].tolist() == [2 * 60 * point for point in range(POINTS + 1)]
    assert size["seen"].iloc[-1] == 2 * 15 * 64
    assert rate["test_error"].iloc[0] > 80 > 2 * rate["test_error"].iloc[-1]


def test_a_run_that_diverged_has_only_wrong_answers():
    table = races(seeds=[0], sweeps={"weight scale": [0.6]}, norms=["none"], steps=15, progress=False)
    assert table["diverged"].any()
    assert (table.loc[table["diverged"], "test_error"] == 100).all()
    assert not table["diverged"].iloc[0]
    assert table["diverged"].is_monotonic_increasing


def test_an_unknown_sweep_is_refused():
    with pytest.raises(ValueError, match=r"\['momentum'\]; expected some of 'learning rate', 'weight scale'"):
        races(sweeps={"momentum": [0.9]})


# In a page


@pytest.fixture(scope="module")
def tab(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("races")
    address = stand(folder, [RecordedRaces(TABLE, key="races"), RecordedRaces(key="none")])
    tab = Tab(browser, address.removesuffix("index.html"), viewport={"width": 320, "height": 700}).open("index.html")
    yield tab
    assert tab.complaints == []
    tab.context.close()


def test_the_page_follows_the_slider_and_shows_the_final_errors(tab):
    bench = tab.widget("races")
    for sweep, control, keys, value in [
        ("learning rate", "rate", ["ArrowRight"], 3.0),
        ("batch size", "size", ["End"], 64),
    ]:
        bench.control("sweep").select_option(sweep)
        before = bench.drawing()
        bench.press(control, *keys)
        assert bench.drawing() != before
        r = RecordedRaces(TABLE, sweep=sweep, **{control: value}).race
        texts = bench.figure.locator(".nl-readout dd").all_text_contents()
        for text, error, n in zip(texts, r.middle[:, -1], r.diverged, strict=True):
            assert text == f"{said(error, 1)} %" + (f", {n} of 3 diverged" if n else "")
    assert bench.control("rate").is_disabled()


def test_a_click_on_the_end_of_a_race_goes_there(tab):
    bench = tab.widget("races")
    bench.click("Reset")
    ends = bench.figure.locator(".nl-chart").nth(1)
    ends.click(position={"x": ends.bounding_box()["width"] - 30, "y": 60})
    tab.settle()
    assert bench.output("rate") == "10"


def test_a_widget_without_races_says_so(tab):
    note = tab.widget("none").figure.locator(".nl-note").first
    assert note.text_content() == RecordedRaces().describe()
    assert note.is_visible()
