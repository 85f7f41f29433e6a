"""A recurrent network, with layer normalization inside each step where it is asked for."""

import numpy as np

from ..arrays import as_eps, as_float, compute_dtype
from ..core import normalize, normalize_backward
from ..module import Module, NamedArrays
from ._checks import generator, positive_int
from .initializers import initial_weight, xavier_init


class RNNCell(Module):
    """One step of a recurrent network: the next hidden state from an input and the last hidden state.

    ``a = x W_ihᵀ + h W_hhᵀ`` are the summed inputs. Then ``h' = tanh(a + b)``, or with ``norm="layer"``
    ``h' = tanh(gamma * a_hat + beta)``, `a_hat` being `a` normalized over the units of each sample. The same
    parameters serve at every step, so a step keeps nothing: it returns what its backward pass needs.
    An `RNN` runs it along sequences.

    Parameters
    ----------
    input_size, hidden_size : int
        Lengths D of an input and H of a hidden state: `weight_ih` is (H, D), `weight_hh` is (H, H).
    norm : None or "layer"
        Whether to normalize the summed inputs. If so, `gamma` (starts at 1) and `beta` (starts at 0), both of
        shape (H,), take the place of `bias`.
    eps : float
        Added to the variance, inside the root.
    init : function ``(shape, rng) -> array``
        First values of both weights.
    rng : numpy.random.Generator
        Source of the first values.

    Raises
    ------
    ValueError
        For another `norm`, a negative `eps`, or sizes that are no positive whole numbers.

    References
    ----------
    Ba, Kiros and Hinton (2016), Layer normalization, section 3.1, equation 4.

    Examples
    --------
    >>> cell = RNNCell(3, 5, norm="layer", rng=np.random.default_rng(0))
    >>> h, _ = cell.step(np.ones((2, 3)), np.zeros((2, 5)))
    >>> h.shape
    (2, 5)
    """

    def __init__(self, input_size, hidden_size, *, norm=None, eps=1e-5, init=xavier_init, rng):
        super().__init__()
        self.input_size = positive_int(input_size, "input_size")
        self.hidden_size = positive_int(hidden_size, "hidden_size")
        if norm not in (None, "layer"):
            raise ValueError(f'norm = {norm!r} came; expected None or "layer"')
        self.norm, self.eps = norm, as_eps(eps)
        size, rng = self.hidden_size, generator(rng)
        extra = {"gamma": np.ones(size), "beta": np.zeros(size)} if norm else {"bias": np.zeros(size)}
        weight_ih = initial_weight(init, (size, self.input_size), rng)
        self.params = NamedArrays(weight_ih=weight_ih, weight_hh=initial_weight(init, (size, size), rng), **extra)

    def forward(self, x):
        """A cell alone runs along no sequence: it raises, and names `RNN`."""
        raise TypeError("RNNCell is one step and not a layer; expected RNN(cell)(x) or cell.step(x, h)")

    def step(self, x, h):
        """The next hidden state, and what `step_backward` needs.

        Parameters
        ----------
        x : ndarray of float, shape (N, D)
        h : ndarray of float, shape (N, H)
            Both in one dtype, float32 or float64; kept until the backward pass, so leave them as they are.

        Returns
        -------
        h_next : ndarray, shape (N, H)
        cache : tuple
        """
        weight_ih, weight_hh, *extra = self._cast(x.dtype)
        a = x @ weight_ih.T + h @ weight_hh.T
        a_hat = norm_cache = None
        if self.norm:
            gamma, beta = extra
            a_hat, norm_cache = normalize(a, axes=1, eps=self.eps)
            h_next = np.tanh(gamma * a_hat + beta)
        else:
            (bias,) = extra
            h_next = np.tanh(a + bias)
        return h_next, (x, h, h_next.copy(), a_hat, norm_cache)

    def step_backward(self, dh_next, cache):
        """Gradients of the loss in `x` and `h`, and in the parameters by this step alone.

        Parameters
        ----------
        dh_next : ndarray, shape (N, H)
        cache : tuple
            From `step`.

        Returns
        -------
        dx : ndarray, shape (N, D)
        dh : ndarray, shape (N, H)
        grads : dict of str to ndarray
        """
        x, h, h_next, a_hat, norm_cache = cache
        weight_ih, weight_hh, *extra = self._cast(x.dtype)
        da = dh_next * (1 - h_next * h_next)
        if self.norm:
            gamma, _ = extra
            grads = {"gamma": (da * a_hat).sum(axis=0), "beta": da.sum(axis=0)}
            da = normalize_backward(da * gamma, norm_cache)
        else:
            grads = {"bias": da.sum(axis=0)}
        grads.update(weight_ih=da.T @ x, weight_hh=da.T @ h)
        return da @ weight_ih, da @ weight_hh, grads

    def _cast(self, dtype):
        """The parameters, weights first, in `dtype`."""
        return [values.astype(dtype, copy=False) for values in self.params.values()]


class RNN(Module):
    """Run a cell along each sequence, from a hidden state of zeros: (N, T, D) becomes (N, T, H).

    Parameters
    ----------
    cell : RNNCell

    Raises
    ------
    ValueError
        For an input that is not (N, T, D). After an error nothing in the layer has changed.
    TypeError
        For an input that is not floating.

    Examples
    --------
    >>> layer = RNN(RNNCell(3, 5, rng=np.random.default_rng(0)))
    >>> layer(np.ones((2, 7, 3))).shape
    (2, 7, 5)
    """

    def __init__(self, cell):
        super().__init__()
        if not isinstance(cell, RNNCell):
            raise TypeError(f"cell is {cell!r}; expected an RNNCell, as in RNN(RNNCell(3, 5, rng=rng))")
        self.cell = cell

    def children(self):
        """The cell."""
        return (self.cell,)

    def forward(self, x):
        """Every hidden state, (N, T, H), of the sequences `x`, (N, T, D)."""
        x, size = as_float(x), self.cell.input_size
        if x.ndim != 3 or x.shape[2] != size or x.shape[1] == 0:
            raise ValueError(
                f"RNN got an array of shape {x.shape}; expected (N, T, {size}): samples, at least one step, features"
            )
        kept = np.array(x, dtype=compute_dtype(x.dtype))
        h = np.zeros((len(kept), self.cell.hidden_size), kept.dtype)
        hidden, caches = np.empty((*x.shape[:2], self.cell.hidden_size), kept.dtype), []
        for t in range(x.shape[1]):
            h, cache = self.cell.step(kept[:, t], h)
            hidden[:, t] = h
            caches.append(cache)
        self._cache = (hidden.shape, (caches, x.shape, x.dtype))
        return hidden.astype(x.dtype, copy=False)

    def backward(self, dy):
        """Gradient in the input; those in the cell's parameters, summed over the steps, go to its `grads`.

        A hidden state is used twice, as an output and by the next step, and collects from both.

        Parameters
        ----------
        dy : ndarray of float, shape (N, T, H)

        Returns
        -------
        dx : ndarray, shape (N, T, D)
        """
        dy = as_float(dy, "dy")
        caches, shape, dtype = self._take_cache(dy)
        dy = dy.astype(compute_dtype(dtype), copy=False)
        dx, dh = np.empty(shape, dy.dtype), np.zeros_like(dy[:, 0])
        total = {name: np.zeros(values.shape, dy.dtype) for name, values in self.cell.params.items()}
        for t in reversed(range(shape[1])):
            dx[:, t], dh, grads = self.cell.step_backward(dy[:, t] + dh, caches[t])
            for name, grad in grads.items():
                total[name] += grad
        self.cell.grads.update(total)
        return dx.astype(dtype, copy=False)
