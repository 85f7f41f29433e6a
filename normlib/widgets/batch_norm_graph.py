"""Batch norm of one feature as a graph: every elementary operation a node, forward and backward."""

import numpy as np


def batch_norm_graph(x, dy, gamma, beta, eps):
    """Every number on the way from a batch to batch norm's output, and from its gradient back.

    Nothing is joined: what `core.standardize_backward` says in a line is three nodes here.

    Parameters
    ----------
    x, dy : ndarray of float64, shape (m,)
        The batch of one feature, and the gradient of the loss in each output.
    gamma, beta, eps : float

    Returns
    -------
    dict of ndarray and float
        Forward: mu, d = x - mu, q = d², v, s = sqrt(v + eps), r = 1/s, xhat, u = gamma xhat, y. Backward, each the
        gradient in the node behind the d: dy, dbeta, dgamma, dxhat, direct (the part of dd that comes from xhat), dr,
        ds, dv, dq, dd, dmu, dx. With eps = 0 a constant batch gives NaN from xhat on.

    References
    ----------
    Ioffe and Szegedy (2015), algorithm 1 and section 3.
    """
    m = x.size
    with np.errstate(all="ignore"):  # 0/0 is an answer here: the widget says it in words
        mu = x.sum() / m
        d = x - mu
        q = d * d
        v = q.sum() / m
        s = np.sqrt(v + eps)
        r = 1 / s
        xhat = d * r
        u = gamma * xhat
        dbeta = dy.sum()
        dgamma = (dy * xhat).sum()
        dxhat = gamma * dy
        direct = r * dxhat
        dr = (dxhat * d).sum()
        ds = -dr / s**2
        dv = ds / (2 * s)
        dq = np.full(m, dv / m)
        dd = direct + 2 * d * dq
        dmu = -dd.sum()
        dx = dd + dmu / m
    graph = {"x": x, "mu": mu, "d": d, "q": q, "v": v, "s": s, "r": r, "xhat": xhat, "u": u, "y": u + beta}
    graph |= {"dy": dy, "dbeta": dbeta, "dgamma": dgamma, "dxhat": dxhat, "direct": direct, "dr": dr}
    return graph | {"ds": ds, "dv": dv, "dq": dq, "dd": dd, "dmu": dmu, "dx": dx}
