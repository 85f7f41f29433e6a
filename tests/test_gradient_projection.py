"""The gradient as a projection: its stages, its geometry, and the page."""

import numpy as np
import pytest
from javascript import JavaScript
from numerical import assert_close, central_differences
from pages import Tab
from stand import stand
from states import states

from normlib import core
from normlib.widgets import GradientProjection
from normlib.widgets.gradient_projection import NAMES, angle, arrow, azimuth, gradient_projection, project

PROJECTION, WIDGET = "math/gradient-projection.mjs", "gradient-projection.mjs"
ONES = np.ones(3)


@pytest.fixture(scope="module")
def js():
    with JavaScript() as js:
        yield js


def random_case(seed):
    rng = np.random.default_rng(seed)
    return rng.normal(2, 3, 3), rng.standard_normal(3), rng.uniform(-3, 3)


# The stages


@pytest.mark.parametrize("seed", range(6))
def test_without_eps_what_is_left_is_perpendicular_to_one_and_to_x_hat(seed):
    x, dy, gamma = random_case(seed)
    p = gradient_projection(x, dy, gamma, 0.0)
    assert_close(
        [p.without_one @ ONES, p.without_both @ ONES, p.without_both @ p.x_hat, p.dx @ p.x_hat], [0] * 4, scale=10
    )
    assert_close(np.linalg.norm(p.x_hat), np.sqrt(3))
    removed = dy - p.without_both
    assert_close(removed @ p.without_both, 0, scale=10)
    assert p.left == 0


@pytest.mark.parametrize("eps", [1e-5, 0.1, 10.0])
@pytest.mark.parametrize("seed", range(4))
def test_eps_leaves_its_share_of_the_part_along_x_hat(seed, eps):
    x, dy, gamma = random_case(seed)
    p = gradient_projection(x, dy, gamma, eps)
    along = dy @ p.x_hat
    assert_close(p.without_both @ p.x_hat, p.left * along, scale=abs(along))
    assert_close(p.left, eps / (x.var() + eps))
    assert_close(p.dx @ p.x_hat, p.left * p.factor * along, scale=abs(p.factor * along))


@pytest.mark.parametrize("eps", [0.0, 1e-5, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_the_last_stage_is_the_gradient_of_the_loss(seed, eps):
    x, dy, gamma = random_case(seed)
    p = gradient_projection(x, dy, gamma, eps)
    wanted = central_differences(lambda at: float(dy @ (gamma * core.normalize(at, 0, eps)[0])), x)
    assert_close(p.dx, wanted, 1e-7)
    assert_close(p.dx, p.factor * p.without_both, scale=np.abs(p.factor * dy).max())
    assert_close(p.dx, core.normalize_backward(gamma * dy, core.normalize(x, 0, eps)[1]))


def test_the_stages_agree_with_javascript_in_random_states(js):
    for widget in states(GradientProjection, 100):
        here, there = widget.parts, js(WIDGET, "stagesOf", widget.values())
        assert_close(there["stages"][0], widget.dy, scale=3)
        assert_close(there["xHat"], here.x_hat)
        for k, (wanted, scale) in enumerate(
            ((here.without_one, 3), (here.without_both, 3), (here.dx, 3 * here.factor))
        ):
            assert_close(there["stages"][k + 1], wanted, scale=abs(scale))
        assert_close([there["factor"], there["left"]], [here.factor, here.left])


# The geometry


@pytest.mark.parametrize(("turn", "tilt"), [(0, 0), (37, 20), (-150, -70), (180, 45)])
def test_an_arrow_has_the_length_and_the_angles_that_were_asked_for(js, turn, tilt):
    v = arrow(turn, tilt, 2.0)
    assert_close(np.linalg.norm(v), 2.0)
    assert_close(angle(v, ONES), 90 - tilt, 1e-12, scale=90)
    assert_close(np.cos(np.deg2rad(azimuth(v) - turn)), 1.0)
    assert_close(js(PROJECTION, "arrow", turn, tilt, 2.0), v)
    assert_close(js(PROJECTION, "azimuth", v), azimuth(v), scale=180)
    assert_close(js(PROJECTION, "angle", v, ONES), angle(v, ONES), scale=90)
    assert_close(arrow(0, 90, 1), ONES / np.sqrt(3))


@pytest.mark.parametrize(("view", "height"), [(0, 0), (-56, 30), (170, 75), (90, 90)])
def test_the_picture_is_an_orthographic_projection_with_one_upwards(js, view, height):
    axes = np.stack([project(e, view, height) for e in np.eye(3)])  # (3, 2): two rows of a rotation
    assert_close(axes.T @ axes, np.eye(2))
    assert_close(project(ONES, view, height), [0, np.sqrt(3) * np.cos(np.deg2rad(height))], scale=2)
    assert_close(project(arrow(view, height, 1.0), view, height), [0, 0], scale=1)  # it points at the eye
    assert project(arrow(view + 90, 0, 1.0), view, height)[0] == pytest.approx(1)
    points = np.random.default_rng(0).standard_normal((5, 3))
    for point, seen in zip(points, project(points, view, height), strict=True):
        assert_close(js(PROJECTION, "project", point, view, height), seen, scale=1)


def test_a_vector_that_is_zero_has_no_angle(js):
    assert np.isnan(angle(np.full(3, 1e-17), ONES))
    assert np.isnan(js(PROJECTION, "angle", np.full(3, 1e-17), ONES))


# Words, and what has no direction


def test_both_say_the_same_in_random_states(js):
    differ = 0
    for widget in states(GradientProjection, 150):
        there = js(WIDGET, "describe", widget.values(), js(WIDGET, "stagesOf", widget.values()))
        differ += there != widget.describe()
    assert differ <= 1  # a digit that is exactly halfway


def test_the_words_follow_the_stages_and_eps():
    widget = GradientProjection()
    for stage, name in enumerate(NAMES):
        widget.stage = stage
        assert widget.describe().startswith(f"Stage {stage} of 3: {name} = (")
    assert widget.describe().endswith("Its angle to 1 is 90.0°, to x̂ 90.0°.")
    widget.eps = 10
    assert widget.describe().endswith("to x̂ 112.2°. ε leaves 68.2 % of the part along x̂.")


@pytest.mark.parametrize("number", [3, 0.1, -7.7])
@pytest.mark.parametrize("eps", [0, 0.1])
@pytest.mark.parametrize("stage", range(4))
def test_a_constant_batch_is_said_in_words(js, number, eps, stage):
    widget = GradientProjection(x=(number,) * 3, eps=eps, stage=stage)
    words = widget.describe()
    assert "x is constant" in words
    assert ("no number" in words) == (eps == 0 and stage > 1)
    assert js(WIDGET, "describe", widget.values(), js(WIDGET, "stagesOf", widget.values())) == words
    assert "nan" not in words.lower()
    dx = js(WIDGET, "stagesOf", widget.values())["stages"][3]
    assert np.isnan([dx, widget.parts.dx]).all() if eps == 0 else np.isfinite([dx, widget.parts.dx]).all()
    assert widget.still().axes


def test_a_gradient_along_one_leaves_nothing(js):
    widget = GradientProjection(tilt=90, stage=3)
    assert widget.describe() == "Stage 3 of 3: dx = (0.000, 0.000, 0.000), 0.000 long. Nothing is left."
    assert js(WIDGET, "describe", widget.values(), js(WIDGET, "stagesOf", widget.values())) == widget.describe()


def test_the_still_draws_the_arrows_of_the_stages_so_far():
    for stage in range(4):
        widget = GradientProjection(stage=stage, eps=1)
        lines = {line.get_label(): line.get_xydata() for line in widget.still().axes[0].lines}
        p = widget.parts
        vectors = dict(zip((*NAMES, "x̂"), (widget.dy, p.without_one, p.without_both, p.dx, p.x_hat), strict=True))
        named = {name for name in lines if not name.startswith("_")}
        assert named == {*NAMES[: stage + 1], "x̂"}
        for name in named:
            assert_close(lines[name], [[0, 0], project(vectors[name], widget.view, widget.height)], scale=3)


# The page


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    return stand(tmp_path_factory.mktemp("projection"), [GradientProjection(key="space")])


@pytest.fixture
def tab(browser, address):
    tab = Tab(browser, address.removesuffix("index.html"), viewport={"width": 900, "height": 900})
    yield tab.open("index.html")
    assert tab.complaints == []
    tab.context.close()


def tip(live, look):
    """Where the arrow of a hue ends, in units of the space."""
    d = live.figure.locator(f".nl-space path.{look}").get_attribute("d")
    return np.array([float(v) for v in d.split("L")[1].split(",")]) * [1, -1] / 145 * 2.6


def test_the_page_draws_what_python_computes_at_every_stage(tab):
    live = tab.widget("space")
    live.press("tilt", "ArrowLeft", "ArrowLeft")
    live.press("stage", "End")
    twin = live.twin(stage=3, tilt=43)
    p = twin.parts
    for look, vector in zip(
        ("nl-orange", "nl-purple", "nl-green", "nl-blue", "nl-hat"),
        (twin.dy, p.without_one, p.without_both, p.dx, p.x_hat),
        strict=True,
    ):
        assert_close(tip(live, look), project(vector, twin.view, twin.height), 1e-3, scale=2.6)
    cells = live.figure.locator("tbody tr:last-child td").all_text_contents()
    assert cells == [f"{v:z.3f}".replace("-", "−") for v in (*p.dx, np.linalg.norm(p.dx))]
    assert live.figure.locator(".nl-why").text_content() == twin.describe()
    assert live.figure.locator(".nl-corner").get_attribute("d").count("M") == 2
    tab.await_hash("space.stage=3")
    live.press("stage", "Home")
    assert live.figure.locator(".nl-space path.nl-blue").get_attribute("d") == ""


def test_dragging_turns_the_view_and_keeps_it_in_range(tab):
    live = tab.widget("space")
    box = live.figure.locator(".nl-space").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    tab.page.mouse.move(x, y)
    tab.page.mouse.down()
    tab.page.mouse.move(x + 40, y + 10, steps=4)
    tab.settle()
    assert (live.output("view"), live.output("height")) == ("−96", "40")
    tab.page.mouse.move(x - 200, y + 250, steps=8)
    tab.page.mouse.up()
    tab.page.mouse.move(x, y, steps=3)
    tab.settle()
    assert (live.output("view"), live.output("height")) == ("144", "90")


@pytest.mark.parametrize(
    "address_part", ["space.x=3,3,3&space.stage=3", "space.x=0.1,0.1,0.1&space.stage=3&space.eps=1"]
)
def test_a_constant_batch_leaves_a_note_and_no_error(tab, address_part):
    tab.page.goto(f"{tab.home}index.html#{address_part}")
    tab.page.reload()
    tab.page.wait_for_selector(".nl-ready")
    assert tab.page.locator(".nl-live .nl-note").text_content().startswith("The batch is constant: ")
    assert "NaN" not in tab.page.locator(".nl-picture").inner_html()


def test_nothing_is_wider_than_the_smallest_phone(browser, address):
    tab = Tab(browser, address.removesuffix("index.html"), viewport={"width": 320, "height": 700})
    tab.open("index.html#space.stage=3")
    assert tab.page.evaluate("document.documentElement.scrollWidth") == 320
    sizes = "(texts) => texts.map((t) => parseFloat(getComputedStyle(t).fontSize) * t.getScreenCTM().a)"
    assert min(tab.page.locator(".nl-space text").evaluate_all(sizes)) >= 11
    assert tab.complaints == []
    tab.context.close()
