import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numerical import assert_close, properties, seeds

from normlib.arrays import as_float, canonical_axes, compute_dtype, unbroadcast
from normlib.module import Module, NamedArrays

# Arrays


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_floating_arrays_pass_as_they_are(dtype):
    x = np.ones(3, dtype=dtype)
    assert as_float(x) is x


def test_a_list_of_floats_counts_as_float64():
    assert as_float([1.0, 2.0]).dtype == np.float64


@pytest.mark.parametrize(
    "x", [np.arange(3), np.array([True]), np.array([1j]), np.array([1.0], dtype=object), [1, 2], "1.0"]
)
def test_other_dtypes_are_refused_by_the_name_of_the_array(x):
    with pytest.raises(TypeError, match=rf"dy has dtype {np.asarray(x).dtype}; expected .*float64\. .* dy\.astype\("):
        as_float(x, "dy")


@pytest.mark.parametrize(("dtype", "wide"), [("f2", "f4"), ("f4", "f4"), ("f8", "f8"), ("g", "g")])
def test_only_half_precision_is_widened(dtype, wide):
    assert compute_dtype(np.dtype(dtype)) == np.dtype(wide)


@pytest.mark.parametrize(
    ("axes", "ndim", "wanted"),
    [(0, 1, (0,)), (-1, 4, (3,)), ((3, 0, 2), 4, (0, 2, 3)), ([-1, 0], 2, (0, 1)), (range(1, 3), 3, (1, 2))],
)
def test_axes_become_sorted_and_non_negative(axes, ndim, wanted):
    assert canonical_axes(axes, ndim) == wanted


@pytest.mark.parametrize(("axes", "ndim"), [((), 2), (2, 2), (-3, 2), ((0, 0), 2), ((0, -2), 2), (0, 0)])
def test_axes_that_are_missing_or_out_of_range_or_doubled_are_refused(axes, ndim):
    with pytest.raises(ValueError, match=rf"with {ndim} axes; expected at least one.*between {-ndim} and {ndim - 1}"):
        canonical_axes(axes, ndim)


@properties
@given(shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=4), seed=seeds)
def test_unbroadcast_is_the_adjoint_of_broadcasting(shapes, seed):
    small, rng = shapes.input_shapes[0], np.random.default_rng(seed)
    a, grad = rng.standard_normal(small), rng.standard_normal(shapes.result_shape)
    summed = unbroadcast(grad, small)
    assert summed.shape == small
    assert not np.shares_memory(summed, grad)
    assert_close(np.sum(summed * a), np.sum(grad * a), 1e-12, scale=1 + np.abs(grad * a).sum())


# Named arrays


@given(values=st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3))
@properties
def test_assigning_copies_the_values_into_the_array_that_is_there(values):
    arrays = NamedArrays(gamma=np.ones(3))
    own, new = arrays["gamma"], np.array(values)
    arrays["gamma"] = new
    assert arrays["gamma"] is own
    np.testing.assert_array_equal(own, values)
    new += 1
    np.testing.assert_array_equal(own, values)


def test_the_arrays_are_float64_copies_of_what_came():
    start = np.ones(2, dtype=np.float32)
    arrays = NamedArrays(gamma=start)
    start[:] = 5
    assert arrays["gamma"].dtype == np.float64
    np.testing.assert_array_equal(arrays["gamma"], [1, 1])


def test_an_unknown_name_is_refused_with_the_known_ones():
    arrays = NamedArrays(gamma=np.ones(2), beta=np.zeros(2))
    with pytest.raises(KeyError, match="'gama' came; expected one of 'gamma', 'beta'"):
        arrays["gama"] = np.ones(2)
    assert list(arrays) == ["gamma", "beta"]
    with pytest.raises(KeyError, match="expected one of no name at all"):
        NamedArrays()["gamma"] = 1.0


@pytest.mark.parametrize("shape", [(), (1,), (3,), (1, 2), (2, 1)])
def test_another_shape_is_refused_and_never_broadcast(shape):
    arrays = NamedArrays(gamma=np.array([3.0, 4.0]))
    with pytest.raises(ValueError, match=re.escape(f"gamma has shape (2,); values of shape {shape} came")):
        arrays["gamma"] = np.ones(shape)
    np.testing.assert_array_equal(arrays["gamma"], [3, 4])


# Modules


def test_a_module_trains_until_it_is_told_to_evaluate():
    module = Module()
    assert module.training
    assert module.eval() is module
    assert not module.training
    assert module.train() is module
    assert module.training
    assert not module.train(False).training


def test_a_module_without_a_forward_pass_says_so():
    with pytest.raises(NotImplementedError, match="Module defines no forward pass"):
        Module()(np.ones(2))


def test_two_modules_share_no_arrays():
    assert Module().params is not Module().params
    assert Module().grads is not Module().grads


def test_an_array_that_is_moved_keeps_its_values_and_lives_in_its_new_place():
    arrays, flat = NamedArrays(gamma=np.array([3.0, 4.0])), np.zeros(5)
    arrays.move("gamma", flat[1:3])
    np.testing.assert_array_equal(flat, [0, 3, 4, 0, 0])
    arrays["gamma"] = [5.0, 6.0]
    np.testing.assert_array_equal(flat, [0, 5, 6, 0, 0])
    flat[:] = 7
    np.testing.assert_array_equal(arrays["gamma"], [7, 7])


@pytest.mark.parametrize("place", [np.zeros(3), np.zeros((1, 2)), np.zeros(2, dtype=np.float32)])
def test_an_array_is_not_moved_where_it_does_not_fit(place):
    arrays = NamedArrays(gamma=np.ones(2))
    with pytest.raises(ValueError, match=r"came for gamma; expected shape \(2,\) and dtype float64"):
        arrays.move("gamma", place)
    np.testing.assert_array_equal(arrays["gamma"], [1, 1])


class _Pair(Module):
    def __init__(self, *parts):
        super().__init__()
        self.parts = parts

    def children(self):
        return self.parts


def test_the_mode_reaches_every_module_inside():
    inner, outer = Module(), Module()
    whole = _Pair(_Pair(inner), outer)
    assert list(whole.modules()) == [whole, whole.parts[0], inner, outer]
    assert whole.eval() is whole
    assert not any(m.training for m in whole.modules())
    whole.train()
    assert all(m.training for m in whole.modules())
