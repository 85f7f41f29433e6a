import numpy as np
import pytest
from numerical import assert_close, random_batch

from normlib import BatchNorm, ReLU, Sigmoid, Tanh
from normlib.check import GradientReport, GradientRow, check_gradients
from normlib.module import Module, NamedArrays

# Layers that are right


class Chain(Module):
    """Layers one after the other."""

    def __init__(self, *parts):
        super().__init__()
        self.parts = parts

    def children(self):
        return self.parts

    def forward(self, x):
        for part in self.parts:
            x = part(x)
        return x

    def backward(self, dy):
        for part in reversed(self.parts):
            dy = part.backward(dy)
        return dy


class Affine(Module):
    def __init__(self, rng, d_in=4, d_out=3):
        super().__init__()
        self.params = NamedArrays(weight=rng.standard_normal((d_out, d_in)), bias=np.zeros(d_out))

    def forward(self, x):
        y = x @ self.params["weight"].T + self.params["bias"]
        self._cache = (y.shape, x.copy())
        return y

    def backward(self, dy):
        self.grads["weight"], self.grads["bias"] = dy.T @ self._take_cache(dy), dy.sum(axis=0)
        return dy @ self.params["weight"]


class Mask(Module):
    """Dropout without the division."""

    def __init__(self, rng):
        super().__init__()
        self.rng = rng

    def forward(self, x):
        mask = self.rng.random(x.shape) < 0.5
        self._cache = (x.shape, mask)
        return x * mask

    def backward(self, dy):
        return dy * self._take_cache(dy)


def network(seed=0):
    rng = np.random.default_rng(seed)
    return Chain(Affine(rng), BatchNorm(3), Sigmoid(), Mask(rng), Chain(Affine(rng, 3, 2), Tanh()))


def check(layer, x=None, seed=1, **kwargs):
    return check_gradients(layer, random_batch((6, 3)) if x is None else x, np.random.default_rng(seed), **kwargs)


@pytest.mark.parametrize("shape", [(6, 3), (4, 3, 5), (3, 3, 2, 2)])
@pytest.mark.parametrize("mode", [True, False])
@pytest.mark.parametrize("seed", range(2))
def test_batch_norm_passes(shape, mode, seed):
    layer = BatchNorm(3).train(mode)
    report = check(layer, random_batch(shape, seed), seed)
    assert report.passed
    assert [(row.name, row.hint) for row in report.rows] == [("x", ""), ("gamma", ""), ("beta", "")]
    assert max(row.error for row in report.rows) < 1e-7


@pytest.mark.parametrize("factor", [1e-8, 1e-3, 1e4, 1e9])
def test_the_scale_of_the_input_decides_nothing(factor):
    assert check(BatchNorm(3, eps=0.0), factor * random_batch((6, 3))).passed
    assert not check(NoSignInGamma(3, eps=0.0), factor * random_batch((6, 3))).passed
    assert not check(UnbiasedVariance(3, eps=0.0), factor * random_batch((6, 3))).passed


@pytest.mark.parametrize("seed", range(3))
def test_a_network_passes_with_each_parameter_under_its_place(seed):
    report = check(network(seed), random_batch((8, 4), seed, offset=0.0), seed, max_entries=8)
    assert report.passed, str(report)
    assert [row.name for row in report.rows] == [
        "x",
        *("Affine[0].weight", "Affine[0].bias", "BatchNorm[1].gamma", "BatchNorm[1].beta"),
        *("Chain[4].Affine[0].weight", "Chain[4].Affine[0].bias"),
    ]


def test_a_gradient_that_is_zero_as_of_a_bias_before_batch_norm_passes():
    model = Chain(Affine(np.random.default_rng(0)), BatchNorm(3))
    report = check(model, random_batch((50, 4)))
    assert report.passed, str(report)
    assert abs(report.rows[2].backward) < 1e-10


@pytest.mark.parametrize(
    "gamma", [np.zeros(3), np.full(3, -7.0), np.nextafter(1, [0, 1, 2]), np.array([1e-8, 1.0, 1e8])], ids=str
)
def test_parameters_that_are_zero_alike_or_far_apart_make_no_difference(gamma):
    layer = BatchNorm(3)
    layer.params["gamma"] = gamma
    assert check(layer).passed


def test_a_layer_without_parameters_has_one_row():
    assert [row.name for row in check(ReLU()).rows] == ["x"]


def test_an_output_of_zeros_alone_passes():
    report = check(ReLU(), -1.0 - random_batch((3, 2)) ** 2)
    assert report.passed
    assert report.rows[0].hint == ""


# Nothing is disturbed


def contents(layer):
    return [
        (m.training, {k: a.tolist() for k, a in {**m.params, **m.buffers, **m.grads}.items()}) for m in layer.modules()
    ]


@pytest.mark.parametrize("mode", [True, False])
def test_the_layer_goes_on_as_if_it_had_not_been_checked(mode):
    x, dy = random_batch((8, 4)), random_batch((8, 2), seed=1)
    checked, other = network().train(mode), network().train(mode)
    for model in (checked, other):
        model(x)
        model.backward(dy)
        model(x)
    kept, arrays = contents(checked), [a for m in checked.modules() for a in m.params.values()]
    check(checked, x, max_entries=4)
    assert contents(checked) == kept
    assert all(a is b for a, b in zip(arrays, [a for m in checked.modules() for a in m.params.values()], strict=True))
    np.testing.assert_array_equal(checked.backward(dy), other.backward(dy))
    np.testing.assert_array_equal(checked(x), other(x))


def test_neither_x_nor_dy_is_modified_even_by_a_layer_that_overwrites_what_it_gets():
    class Overwrites(Chain):
        def forward(self, x):
            y = super().forward(x)
            x[:] = 99
            return y

        def backward(self, dy):
            dx = super().backward(dy)
            dy[:] = 98
            return dx

    x, dy = random_batch((6, 3)), random_batch((6, 3), seed=1)
    kept = x.copy(), dy.copy()
    x.flags.writeable = dy.flags.writeable = False
    assert check(Overwrites(BatchNorm(3)), x, dy=dy) == check(Chain(BatchNorm(3)), x, dy=dy)
    np.testing.assert_array_equal(x, kept[0])
    np.testing.assert_array_equal(dy, kept[1])


# Layers that are wrong on purpose


class Broken(BatchNorm):
    """Batch norm of (N, C) with what it needs to be got wrong in one place."""

    def forward(self, x):
        self.x = x.copy()
        return super().forward(x)

    def backward(self, dy):
        inv_std = 1 / np.sqrt(self.x.var(axis=0) + self.eps)
        x_hat = (self.x - self.x.mean(axis=0)) * inv_std
        return self.wrong(super().backward(dy), dy * self.params["gamma"], x_hat, inv_std)

    def wrong(self, dx, dx_hat, x_hat, inv_std):
        return dx


class NoSignInGamma(Broken):
    def wrong(self, dx, dx_hat, x_hat, inv_std):
        self.grads["gamma"] = -self.grads["gamma"]
        return dx


class MeanForSumInBeta(Broken):
    def wrong(self, dx, dx_hat, x_hat, inv_std):
        self.grads["beta"] = self.grads["beta"] / len(dx)
        return dx


class UnbiasedVariance(Broken):
    def wrong(self, dx, dx_hat, x_hat, inv_std):
        return dx * len(dx) / (len(dx) - 1)


class NoPathThroughMean(Broken):
    def wrong(self, dx, dx_hat, x_hat, inv_std):
        return inv_std * (dx_hat - x_hat * (dx_hat * x_hat).mean(axis=0))


class NoPathThroughVariance(Broken):
    def wrong(self, dx, dx_hat, x_hat, inv_std):
        return inv_std * (dx_hat - dx_hat.mean(axis=0))


class StatisticsAsConstants(Broken):
    def wrong(self, dx, dx_hat, x_hat, inv_std):
        return inv_std * dx_hat


class ReturnsZeros(Broken):
    def wrong(self, dx, dx_hat, x_hat, inv_std):
        return np.zeros_like(dx)


class ReturnsNan(Broken):
    def wrong(self, dx, dx_hat, x_hat, inv_std):
        dx[2, 1] = np.nan
        return dx


class OneEntryWrong(Broken):
    def wrong(self, dx, dx_hat, x_hat, inv_std):
        dx[4, 2] += 1e-4 * np.abs(dx).max()
        return dx


class PilesUp(Broken):
    def backward(self, dy):
        before = self.grads.get("gamma", 0.0)
        dx = super().backward(dy)
        self.grads["gamma"] = self.grads["gamma"] + before
        return dx


class ForgetsBeta(Broken):
    def wrong(self, dx, dx_hat, x_hat, inv_std):
        del self.grads["beta"]
        return dx


class KeepsAnAxis(Broken):
    def wrong(self, dx, dx_hat, x_hat, inv_std):
        self.grads["beta"] = self.grads["beta"][None]
        return dx


class ReturnsNothing(Broken):
    def wrong(self, dx, dx_hat, x_hat, inv_std):
        return None


FAULTS = [
    (NoSignInGamma, "gamma", "right up to the factor -1. Is a sign lost?"),
    (MeanForSumInBeta, "beta", "right up to the factor 0.1667. m = 6: is a sum taken for a mean, or a mean for a sum?"),
    (UnbiasedVariance, "x", "factor 1.2. That is m/(m-1) for m = 6: is the unbiased variance in the normalizer?"),
    (NoPathThroughMean, "x", "is the same for all samples of a channel: is the path through the mean missing"),
    (
        NoPathThroughVariance,
        "x",
        "a straight line in x over all samples of a channel: is the path through the var",
    ),
    (StatisticsAsConstants, "x", "missing or wrong, or that and the path through the mean?"),
    (ReturnsZeros, "x", "Backward returns zeros."),
    (ReturnsNan, "x", "NaN or infinity: was something divided by zero"),
    (OneEntryWrong, "x", ""),
    (PilesUp, "gamma", "factor 2. Are the gradients of two calls added up"),
    (ForgetsBeta, "beta", "A gradient of shape (3,) was expected; none came."),
    (KeepsAnAxis, "beta", "A gradient of shape (3,) was expected; one of shape (1, 3) came."),
    (ReturnsNothing, "x", "A gradient of shape (6, 3) was expected; none came."),
]


@pytest.mark.parametrize(("kind", "name", "hint"), FAULTS)
@pytest.mark.parametrize("seed", range(2))
def test_a_fault_is_found_named_and_explained_and_the_other_arrays_pass(kind, name, hint, seed):
    report = check(kind(3), random_batch((6, 3), seed), seed)
    assert not report.passed
    assert [row.name for row in report.rows if not row.passed] == [name]
    (row,) = (row for row in report.rows if not row.passed)
    assert hint in row.hint
    assert bool(hint) == bool(row.hint)


def test_a_fault_deep_inside_is_named_with_its_place():
    model = Chain(Affine(np.random.default_rng(0)), Chain(Tanh(), NoSignInGamma(3)))
    report = check(model, random_batch((6, 4), offset=0.0))
    assert [row.name for row in report.rows if not row.passed] == ["Chain[1].NoSignInGamma[1].gamma"]


def test_a_wrong_path_inside_a_sample_is_told_from_one_inside_a_channel():
    class Rows(NoPathThroughMean):
        def forward(self, x):
            return super().forward(x.T).T

        def backward(self, dy):
            return super().backward(dy.T).T

    (row,) = (row for row in check(Rows(5), random_batch((5, 7))).rows if not row.passed)
    assert "the same for all features of a sample: is the path through the mean" in row.hint


@pytest.mark.parametrize(
    ("kind", "hint"),
    [(NoPathThroughMean, "same for all samples of a channel"), (UnbiasedVariance, "m/(m-1) for m = 16")],
)
def test_in_images_the_positions_count_as_samples(kind, hint):
    class Pixels(kind):
        def forward(self, x):
            return super().forward(np.moveaxis(x, 1, -1).reshape(16, 3)).reshape(4, 2, 2, 3).transpose(0, 3, 1, 2)

        def backward(self, dy):
            return super().backward(np.moveaxis(dy, 1, -1).reshape(16, 3)).reshape(4, 2, 2, 3).transpose(0, 3, 1, 2)

    (row,) = (row for row in check(Pixels(3), random_batch((4, 3, 2, 2))).rows if not row.passed)
    assert hint in row.hint


@pytest.mark.parametrize("shape", [(6, 2), (7,)])
def test_a_fault_without_a_pattern_gets_no_hint(shape):
    class Noisy(Tanh):
        def backward(self, dy):
            return super().backward(dy) + random_batch(dy.shape, seed=9)

    assert [row.hint for row in check(Noisy(), random_batch(shape)).rows] == [""]


def test_a_factor_without_a_usual_cause_is_told_alone():
    class Scaled(Tanh):
        def backward(self, dy):
            return 3.7 * super().backward(dy)

    assert check(Scaled()).rows[0].hint == "It is right up to the factor 3.7."


def test_a_gradient_where_none_is_right_is_found():
    class Zero(Module):
        def forward(self, x):
            return np.zeros_like(x)

        def backward(self, dy):
            return dy

    assert not check(Zero()).passed


def test_ones_as_dy_hide_a_fault_that_random_numbers_show():
    class Halves(Broken):
        def wrong(self, dx, dx_hat, x_hat, inv_std):
            return dx / 2

    x = random_batch((6, 3))
    assert check(Halves(3), x, dy=np.ones((6, 3))).passed
    assert not check(Halves(3), x).passed


def test_a_generator_of_the_same_seed_as_the_input_hides_nothing():
    x = np.random.default_rng(3).standard_normal((6, 3))
    report = check(OneEntryWrong(3), x, seed=3)
    assert not report.passed
    assert abs(report.rows[0].differences) > 1e-3


@pytest.mark.parametrize("x", [np.ones((6, 3), int), np.ones((6, 3), complex)])
def test_an_input_that_is_not_floating_is_refused(x):
    with pytest.raises(TypeError, match=r"x has dtype .*; expected a real floating dtype"):
        check(BatchNorm(3), x)


def test_a_seed_in_place_of_a_generator_is_refused_with_the_cure():
    with pytest.raises(TypeError, match=r"rng is 0; expected a numpy\.random\.Generator.*default_rng\(seed\)"):
        check_gradients(BatchNorm(3), random_batch((6, 3)), 0)


def test_errors_of_the_layer_pass_through():
    with pytest.raises(ValueError, match=r"BatchNorm\(3\) got an array of shape \(6, 2\)"):
        check(BatchNorm(3), np.ones((6, 2)))


# The report


def test_of_a_large_array_some_entries_are_drawn_and_the_report_says_so():
    x = random_batch((40, 3))
    report = check(BatchNorm(3), x, max_entries=10)
    assert [(row.checked, row.size) for row in report.rows] == [(10, 120), (3, 3), (3, 3)]
    assert "10 of 120" in str(report)
    assert "Of the larger arrays only the entries counted above were compared" in str(report)
    rows = [check(OneEntryWrong(3), x, seed=seed, max_entries=10).rows[0] for seed in range(8)]
    assert {row.passed for row in rows} == {True, False}
    assert {row.where for row in rows if not row.passed} == {(4, 2)}
    assert not check(OneEntryWrong(3), x, max_entries=120).passed


def test_float32_is_checked_in_float64_and_the_report_says_so():
    layer = BatchNorm(3)
    report = check(layer, random_batch((6, 3)).astype(np.float32))
    assert report.passed
    assert max(row.error for row in report.rows) < 1e-7
    assert "x came in float32 and was checked in float64" in str(report)
    assert "float" not in str(check(layer))


def test_an_input_far_from_zero_is_remarked_on():
    assert "The mean of x is huge beside its spread" in str(check(BatchNorm(3), 1e6 + random_batch((6, 3))))
    assert "huge" not in str(check(BatchNorm(3), random_batch((6, 3), offset=100.0)))
    assert "huge" not in str(check(ReLU(), np.ones((2, 2))))


def test_the_tolerance_decides():
    layer, x = OneEntryWrong(3), random_batch((6, 3))
    assert not check(layer, x, tolerance=9e-5).passed
    assert check(layer, x, tolerance=1.1e-4).passed


def test_a_row_tells_where_the_largest_deviation_is_and_what_was_said_there():
    layer, x = OneEntryWrong(3), random_batch((6, 3))
    row = check(layer, x).rows[0]
    right = check(BatchNorm(3), x, max_entries=18).rows[0]
    assert row.where == (4, 2)
    assert row.deviation == abs(row.backward - row.differences)
    assert_close(row.error, 1e-4, 1e-3)
    assert right.error < 1e-8


def test_the_same_seed_gives_the_same_report():
    x = random_batch((40, 3))
    assert check(BatchNorm(3), x, seed=5) == check(BatchNorm(3), x, seed=5)


ROWS = (
    GradientRow("x", 50, 600, 2.5e-10, (1, 2), 0.5, 0.5, True),
    GradientRow("BatchNorm[1].gamma", 3, 3, 2.0, (1,), -1.5, 1.5, False, "Is a <sign> lost?"),
)
TABLE = """\
       array               entries checked  largest error
ok     x                         50 of 600        2.5e-10
WRONG  BatchNorm[1].gamma           3 of 3        2.0e+00

Backward disagrees with central differences (tolerance 1e-06) in: BatchNorm[1].gamma.
- BatchNorm[1].gamma[1]: backward says -1.5, differences say 1.5. Is a <sign> lost?
A note."""


def test_printed_it_is_a_table_with_a_verdict():
    report = GradientReport(ROWS, 1e-6, ("A note.",))
    assert str(report) == TABLE
    assert not report.passed
    assert [row.deviation for row in ROWS] == [0.0, 3.0]
    assert str(GradientReport(ROWS[:1], 1e-6)).endswith(
        "\n\nBackward agrees with central differences in every array (tolerance 1e-06)."
    )


def test_in_a_notebook_the_table_is_kept_and_nothing_in_it_is_markup():
    markup = GradientReport(ROWS, 1e-6)._repr_html_()
    assert markup.startswith("<pre>")
    assert "&lt;sign&gt;" in markup
    assert "BatchNorm[1].gamma           3 of 3" in markup


def test_without_a_generator_the_same_draws_are_made_every_time():
    layer, x = BatchNorm(3), random_batch((6, 3))
    first, again = check_gradients(layer, x), check_gradients(layer, x)
    assert first.passed
    assert [row.error for row in first.rows] == [row.error for row in again.rows]
