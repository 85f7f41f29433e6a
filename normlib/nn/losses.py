"""Losses: one number that says how wrong the outputs are, and its gradient in the outputs."""

import numpy as np

from ..arrays import as_float, compute_dtype


class Loss:
    """Base of the losses: ``loss(y, target)`` is a float, and then ``loss.backward()`` its gradient in `y`."""

    def __init__(self):
        self._gradient = None

    def __call__(self, y, target):
        """The loss of outputs `y` against `target`, a float."""
        raise NotImplementedError(f"{type(self).__name__} defines no loss")

    def backward(self):
        """Gradient of the loss of the last call in its outputs: shape and dtype of `y`.

        Raises
        ------
        RuntimeError
            If the loss was not called since the last backward.
        """
        if self._gradient is None:
            name = type(self).__name__
            raise RuntimeError(f"{name}.backward came before a loss; call the loss on outputs and targets first")
        gradient, self._gradient = self._gradient, None
        return gradient


class SoftmaxCrossEntropy(Loss):
    """Mean over the batch of ``-log softmax(logits)[label]``, the surprise at the right class.

    Softmax and logarithm are taken together, so that no finite logit gives an infinite loss. The gradient is
    ``(softmax(logits) - one_hot(labels)) / N``.

    Raises
    ------
    TypeError
        If the logits are not floating or the labels not integers.
    ValueError
        If the shapes are not (N, C) and (N,), or a label is outside 0 … C - 1.

    Examples
    --------
    >>> loss = SoftmaxCrossEntropy()
    >>> round(loss(np.zeros((3, 10)), np.array([0, 4, 9])), 4)  # knowing nothing costs log(10)
    2.3026
    """

    def __call__(self, y, target):
        """The mean loss of logits `y`, (N, C) of float, against labels `target`, (N,) of int."""
        logits, labels = as_float(y, "logits"), np.asarray(target)
        _check_labels(logits, labels)
        rows = np.arange(len(logits))
        wide = logits.astype(compute_dtype(logits.dtype), copy=False)
        shifted = wide - wide.max(axis=1, keepdims=True)
        gradient = np.exp(shifted)
        total = gradient.sum(axis=1, keepdims=True)
        loss = float(np.add.reduce(np.log(total[:, 0]) - shifted[rows, labels]) / len(rows))
        gradient /= total
        gradient[rows, labels] -= 1
        gradient /= len(rows)
        self._gradient = gradient.astype(logits.dtype, copy=False)
        return loss


class MSE(Loss):
    """Mean of ``(y - target)²`` over all entries.

    Raises
    ------
    TypeError
        If an array is not floating.
    ValueError
        If the shapes differ: nothing is broadcast, since (N,) against (N, 1) would be N² differences.

    Examples
    --------
    >>> MSE()(np.array([[1.0], [4.0]]), np.array([[1.0], [2.0]]))
    2.0
    """

    def __call__(self, y, target):
        """The mean squared error of outputs `y` against `target`, two arrays of one shape."""
        y, target = as_float(y, "y"), as_float(target, "target")
        if y.shape != target.shape or y.size == 0:
            raise ValueError(
                f"y has shape {y.shape} and target {target.shape}; expected equal shapes with at least one entry. "
                f"target.reshape(y.shape) puts targets into the shape of the outputs"
            )
        wide = compute_dtype(y.dtype)
        error = y.astype(wide) - target.astype(wide)
        self._gradient = (error * wide.type(2 / error.size)).astype(y.dtype, copy=False)
        return float(np.mean(np.square(error)))


def _check_labels(logits, labels):
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels have dtype {labels.dtype}; expected integers, the numbers of the classes")
    if logits.ndim != 2 or labels.shape != logits.shape[:1] or logits.size == 0:
        raise ValueError(
            f"logits have shape {logits.shape} and labels {labels.shape}; expected (N, C) and (N,), N at least 1. "
            f"Labels are class numbers, not one-hot rows: labels.argmax(axis=1) turns one into the other"
        )
    if (labels.astype(np.uint64, copy=False) >= logits.shape[1]).any():  # a negative one wraps around to a large one
        raise ValueError(
            f"labels from {labels.min()} to {labels.max()} came for {logits.shape[1]} logits a row; "
            f"expected 0 to {logits.shape[1] - 1}"
        )
