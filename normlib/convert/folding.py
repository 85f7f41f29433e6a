"""Batch norm in evaluation is one affine map per channel: the layer before it can do that as well."""

import numpy as np

from ..arrays import as_float
from ..norms import BatchNorm


def fold_batch_norm(weight, bias, bn):
    """Weight and bias of the one layer that does what a linear or convolution layer and its batch norm do together.

    In evaluation ``bn(z) = s z + (beta - s E)`` with ``s = gamma / sqrt(Var + eps)``, E and Var the running
    statistics. So each row (or filter) of the weight is multiplied by its s, and the bias becomes
    ``beta + s (bias - E)``. The result holds for evaluation alone, in whatever mode `bn` is.

    Parameters
    ----------
    weight : ndarray of float, shape (out, in) or (out, in, *kernel)
    bias : ndarray of float, shape (out,), or None
    bn : BatchNorm
        Of `out` channels, with or without gamma and beta.

    Returns
    -------
    weight, bias : ndarray
        Shapes of `weight` and (out,), in the dtype of `weight`.

    Raises
    ------
    TypeError
        If `bn` is no BatchNorm (the other norms take their moments from each new input, and cannot be folded), or
        an array is not floating.
    ValueError
        If the number of outputs is not the number of channels of `bn`.

    References
    ----------
    Ioffe and Szegedy (2015), algorithm 2, the last step.

    Examples
    --------
    >>> bn = BatchNorm(1, eps=0.0)
    >>> bn.buffers["running_mean"], bn.buffers["running_var"] = [3.0], [4.0]
    >>> fold_batch_norm(np.array([[10.0, 20.0]]), None, bn)
    (array([[ 5., 10.]]), array([-1.5]))
    """
    if not isinstance(bn, BatchNorm):
        raise TypeError(
            f"a {type(bn).__name__} came; expected a BatchNorm, the one norm whose statistics are fixed in evaluation"
        )
    weight = as_float(weight, "weight")
    bias = np.zeros(weight.shape[:1]) if bias is None else as_float(bias, "bias")
    if weight.ndim < 2 or not weight.shape[:1] == bias.shape == (bn.num_features,):
        raise ValueError(
            f"weight and bias have shapes {weight.shape} and {bias.shape}; expected (out, in, ...) and (out,) with "
            f"out = {bn.num_features}, the channels of the batch norm. Has a transposed weight come?"
        )
    gamma, beta = bn.params.get("gamma", 1.0), bn.params.get("beta", 0.0)
    scale = gamma / np.sqrt(bn.buffers["running_var"] + bn.eps)
    folded_weight = weight * scale.reshape(-1, *[1] * (weight.ndim - 1))
    folded_bias = beta + scale * (bias - bn.buffers["running_mean"])
    return folded_weight.astype(weight.dtype), folded_bias.astype(weight.dtype)
