import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numerical import assert_close, properties, random_batch, seeds

from normlib.whitening import pca_whitening, standardizing, zca_whitening

KINDS = [standardizing, pca_whitening, zca_whitening]


def correlated(seed=0, n=40, d=4):
    """Samples of full rank whose features are mixed, far from zero, and of different scale."""
    rng = np.random.default_rng(seed)
    mixed = rng.standard_normal((n, d)) @ (np.eye(d) + 0.5 * rng.standard_normal((d, d)))
    return mixed * np.linspace(1, 5, d) + rng.uniform(-10, 10, d)


def biased_covariance(x):
    return np.cov(x, rowvar=False, ddof=0)


def random_rotation(rng, d):
    q, r = np.linalg.qr(rng.standard_normal((d, d)))
    return q * np.sign(np.diag(r))


# What each does to the covariance


@pytest.mark.parametrize("kind", [pca_whitening, zca_whitening])
@properties
@given(seed=seeds)
def test_whitened_data_have_mean_zero_and_the_identity_as_biased_covariance(kind, seed):
    x = correlated(seed)
    white = kind(x)(x)
    assert_close(white.mean(axis=0), np.zeros(4), 1e-9, scale=1)
    assert_close(biased_covariance(white), np.eye(4), 1e-8)


def test_standardizing_makes_variances_one_and_keeps_correlations():
    x = correlated()
    y = standardizing(x)(x)
    assert_close(y, (x - x.mean(axis=0)) / x.std(axis=0), 1e-12)
    assert_close(np.corrcoef(y, rowvar=False), np.corrcoef(x, rowvar=False), 1e-12)
    assert np.abs(biased_covariance(y) - np.eye(4)).max() > 0.1


def test_standardizing_is_whitening_where_nothing_is_correlated():
    x = np.array([[1.0, 10.0], [1.0, -10.0], [-1.0, 10.0], [-1.0, -10.0]])
    assert_close(standardizing(x).matrix, zca_whitening(x).matrix, 1e-12)


@pytest.mark.parametrize("kind", [pca_whitening, zca_whitening])
def test_eps_is_added_to_the_eigenvalues_inside_the_root(kind):
    x, eps = correlated(), 0.7
    eigenvalues = np.linalg.eigvalsh(biased_covariance(x))
    left = np.linalg.eigvalsh(biased_covariance(kind(x, eps)(x)))
    assert_close(left, eigenvalues / (eigenvalues + eps), 1e-10)


def test_eps_is_added_to_each_variance_in_standardizing():
    x = correlated()
    assert_close(np.diag(standardizing(x, 0.7).matrix), 1 / np.sqrt(x.var(axis=0) + 0.7), 1e-12)


# What is special about each


@properties
@given(seed=seeds)
def test_pca_outputs_are_projections_from_the_largest_variance_down(seed):
    x = correlated(seed)
    whiten = pca_whitening(x)
    lengths = np.linalg.norm(whiten.matrix, axis=1)
    directions = whiten.matrix / lengths[:, None]
    variances = ((x - x.mean(axis=0)) @ directions.T).var(axis=0)
    assert (np.diff(variances) <= 0).all()
    assert_close(directions @ directions.T, np.eye(4), 1e-10)
    assert_close(lengths, 1 / np.sqrt(variances), 1e-7)


@properties
@given(seed=seeds)
def test_pca_directions_point_where_their_largest_entry_is_positive(seed):
    matrix = pca_whitening(correlated(seed)).matrix
    assert (matrix[np.arange(4), np.abs(matrix).argmax(axis=1)] > 0).all()


def test_the_order_of_the_samples_does_not_turn_pca_around():
    x = correlated()
    assert_close(pca_whitening(x[::-1]).matrix, pca_whitening(x).matrix, 1e-9)


@properties
@given(seed=seeds)
def test_zca_is_symmetric_and_the_inverse_root_of_the_covariance(seed):
    x = correlated(seed)
    matrix = zca_whitening(x).matrix
    assert_close(matrix, matrix.T, 1e-12)
    assert (np.linalg.eigvalsh((matrix + matrix.T) / 2) > 0).all()
    assert_close(matrix @ biased_covariance(x) @ matrix, np.eye(4), 1e-8)


@properties
@given(seed=seeds)
def test_no_other_whitening_stays_closer_to_the_data_than_zca(seed):
    x, rng = correlated(seed), np.random.default_rng(seed)
    centred, white = x - x.mean(axis=0), zca_whitening(x)(x)
    nearest = np.square(white - centred).sum()
    rivals = [white @ random_rotation(rng, 4) for _ in range(5)] + [pca_whitening(x)(x)]
    assert all(np.square(rival - centred).sum() >= nearest * (1 - 1e-9) for rival in rivals)


# The training set's statistics, on any data


@pytest.mark.parametrize("kind", KINDS)
@properties
@given(seed=seeds)
def test_test_data_are_moved_by_the_statistics_of_the_training_data(kind, seed):
    x_train, x_test = correlated(seed), correlated(seed + 1, n=7)
    whiten = kind(x_train)
    assert_close(whiten.mean, x_train.mean(axis=0), 1e-12)
    assert_close(whiten(x_test), (x_test - x_train.mean(axis=0)) @ whiten.matrix.T, 1e-11)
    assert_close(whiten(np.concatenate([x_train, x_test]))[-7:], whiten(x_test), 1e-11)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_result_has_the_dtype_of_the_input_and_the_statistics_are_float64(kind, dtype):
    x = random_batch((20, 3)).astype(dtype)
    whiten = kind(x)
    assert whiten(x).dtype == dtype
    assert whiten.mean.dtype == whiten.matrix.dtype == np.float64
    assert_close(whiten(x), kind(x.astype(float))(x.astype(float)), 2e-3 if dtype == np.float16 else 1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_neither_fitting_nor_applying_modifies_its_input(kind):
    x = correlated()
    x.flags.writeable = False
    kept, y = x.copy(), kind(x)(x)
    np.testing.assert_array_equal(x, kept)
    assert not np.shares_memory(y, x)


# Directions without variance


def flat(case):
    x = correlated()
    x[:, 2] = {"constant": 0.1, "copied": x[:, 0], "mixed": 2 * x[:, 0] - x[:, 1]}.get(case, x[:, 2])
    return x[:3] if case == "few" else x


@pytest.mark.parametrize("case", ["constant", "copied", "mixed", "few"])
@pytest.mark.parametrize("kind", [pca_whitening, zca_whitening])
def test_a_direction_without_variance_is_refused_without_eps(kind, case):
    message = r"(1|2) of 4 directions have no variance in x, and eps = 0 .* small eps such as 1e-5"
    with pytest.raises(ValueError, match=message):
        kind(flat(case))


@pytest.mark.parametrize("case", ["constant", "copied", "mixed", "few"])
@pytest.mark.parametrize("kind", [pca_whitening, zca_whitening])
def test_with_eps_a_direction_without_variance_becomes_zero(kind, case):
    x = flat(case)
    left = np.linalg.eigvalsh(biased_covariance(kind(x, 1e-5)(x)))
    empty = 2 if case == "few" else 1
    assert_close(left[:empty], np.zeros(empty), 1e-9, scale=1)
    assert_close(left[empty:], np.ones(4 - empty), 1e-3)


@properties
@given(value=st.floats(-1e6, 1e6), n=st.integers(1, 50))
def test_a_constant_feature_is_seen_for_what_it_is_whatever_its_value(value, n):
    x = np.full((n, 1), value)
    for kind in KINDS:
        with pytest.raises(ValueError, match="1 of 1 directions have no variance"):
            kind(x)
        np.testing.assert_array_equal(kind(x, 1e-5)(x), np.zeros((n, 1)))


def test_standardizing_takes_features_that_are_copies_of_each_other():
    x = flat("copied")
    assert_close(standardizing(x)(x)[:, 2], standardizing(x)(x)[:, 0], 1e-12)


# Errors


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (np.ones((4, 2), int), TypeError, r"x has dtype int64; expected a real floating dtype"),
        (np.ones(4), ValueError, r"x has shape \(4,\); expected \(N, D\).*x\.reshape\(N, -1\)"),
        (np.ones((2, 1, 8, 8)), ValueError, r"x has shape \(2, 1, 8, 8\); expected \(N, D\)"),
        (np.ones((0, 3)), ValueError, r"x has shape \(0, 3\); expected \(N, D\)"),
        (np.array([[1.0], [np.nan]]), ValueError, r"x holds NaN or infinity; expected finite numbers"),
        (np.array([[1.0], [-np.inf]]), ValueError, r"x holds NaN or infinity"),
    ],
)
def test_data_that_cannot_be_measured_are_refused(kind, x, error, message):
    with pytest.raises(error, match=message):
        kind(x, 1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("eps", [-1e-9, np.nan])
def test_eps_that_is_negative_or_nan_is_refused(kind, eps):
    with pytest.raises(ValueError, match=f"eps = {eps} came; expected zero or a small positive number"):
        kind(correlated(), eps)


@given(shape=hnp.array_shapes(min_dims=1, max_dims=3, max_side=5).filter(lambda s: len(s) != 2 or s[1] != 4))
@properties
def test_samples_with_other_features_are_refused(shape):
    with pytest.raises(ValueError, match=r"expected \(N, 4\), the features that the map was measured on"):
        zca_whitening(correlated())(np.ones(shape))


def test_integers_are_refused_by_a_fitted_map_too():
    with pytest.raises(TypeError, match="x has dtype int64"):
        zca_whitening(correlated())(np.ones((2, 4), int))
