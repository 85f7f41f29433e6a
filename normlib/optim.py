"""Optimizers: rules that turn gradients into updates.

All parameters of a model live in one vector, and so an update is a few operations on vectors, however many
layers there are. Gamma and beta of a norm are updated like every weight.
"""

import math

import numpy as np


class Optimizer:
    """Base of the optimizers: moves a model's parameters into one vector, gathers their gradients into another.

    A subclass defines `update`. A model belongs to the last optimizer that was made for it.

    Parameters
    ----------
    model : Module
        It and all that it is made of.
    lr : float
        Learning rate; may be changed between steps.
    weight_decay : float
        Adds ``weight_decay * weight`` to the gradient of each array whose name begins with ``weight``, as the
        penalty ``weight_decay / 2 * sum(weight²)`` in the loss would. Biases, gamma and beta are left alone.

    Attributes
    ----------
    vector : ndarray of float64
        All parameters, one after the other; those of the layers are views of it.

    Raises
    ------
    ValueError
        If `lr` is not positive and finite, `weight_decay` is negative, or the model has nothing to learn.
    """

    def __init__(self, model, lr, *, weight_decay=0.0):
        if not 0 < lr < math.inf:
            raise ValueError(f"lr = {lr} came; expected a positive number such as 0.1")
        if not 0 <= weight_decay < math.inf:
            raise ValueError(f"weight_decay = {weight_decay} came; expected zero or a small positive number")
        self.lr, self.weight_decay = lr, weight_decay
        modules = dict.fromkeys(model.modules())  # a module that is reached twice counts once
        self._places = [(i, module, name) for i, module in enumerate(modules) for name in module.params]
        sizes = [module.params[name].size for _, module, name in self._places]
        if not sum(sizes):
            raise ValueError(f"{type(model).__name__} has no parameters; expected at least one array to learn")
        self.vector, self._gradient, self._scratch = (np.empty(sum(sizes)) for _ in range(3))
        self._decays = np.zeros(sum(sizes))
        starts = np.cumsum([0, *sizes])
        for (_, module, name), start, end in zip(self._places, starts, starts[1:], strict=False):
            module.params.move(name, self.vector[start:end].reshape(module.params[name].shape))
            self._decays[start:end] = name.startswith("weight")

    def step(self):
        """Update every parameter by the gradient that the last backward pass left in `grads`.

        Raises
        ------
        RuntimeError
            If a parameter has no gradient, or a later optimizer has taken over the model. Nothing has changed then.
        """
        gradients = []
        for i, module, name in self._places:
            if module.params.data[name].base is not self.vector:
                raise RuntimeError(
                    f"{_place(i, module, name)} has moved to another optimizer; go on with that one, or make a new one"
                )
            if name not in module.grads:
                raise RuntimeError(f"{_place(i, module, name)} has no gradient; call model.backward before step")
            gradients.append(module.grads[name].ravel())
        np.concatenate(gradients, out=self._gradient)
        if self.weight_decay:
            np.multiply(self.vector, self._decays, out=self._scratch)
            self._scratch *= self.weight_decay
            self._gradient += self._scratch
        self.update(self._gradient, self._scratch)

    def update(self, gradient, scratch):
        """Change `vector`, given the gradient and a vector to work in; both may be overwritten."""
        raise NotImplementedError(f"{type(self).__name__} defines no update")


class SGD(Optimizer):
    """Gradient descent on mini-batches: ``w ← w - lr * g``.

    Parameters
    ----------
    model, lr, weight_decay
        As for `Optimizer`.

    Examples
    --------
    >>> from normlib.norms import BatchNorm
    >>> model = BatchNorm(1)
    >>> optimizer = SGD(model, lr=0.5)
    >>> model.grads = {"gamma": np.array([1.0]), "beta": np.array([-2.0])}
    >>> optimizer.step()
    >>> model.params["gamma"], model.params["beta"]
    (array([0.5]), array([1.]))
    """

    def update(self, gradient, scratch):
        """``w ← w - lr * g``."""
        gradient *= self.lr
        self.vector -= gradient


class Momentum(Optimizer):
    """Gradient descent with a running sum of gradients: ``v ← momentum * v + g``, then ``w ← w - lr * v``.

    Papers and courses often call `momentum` β. It has nothing to do with beta, the shift of a norm, nor with a
    batch norm's `momentum`, the weight of a new batch in the running statistics. Some take
    ``v ← β v + (1 - β) g`` instead: that is the same rule with the learning rate ``lr * (1 - β)``.

    Parameters
    ----------
    model, lr, weight_decay
        As for `Optimizer`.
    momentum : float
        From 0, plain gradient descent, up to but not including 1.

    References
    ----------
    Polyak (1964), Some methods of speeding up the convergence of iteration methods.
    """

    def __init__(self, model, lr, *, momentum=0.9, weight_decay=0.0):
        _check_share(momentum, "momentum")
        super().__init__(model, lr, weight_decay=weight_decay)
        self.momentum, self._velocity = momentum, np.zeros_like(self.vector)

    def update(self, gradient, scratch):
        """``v ← momentum * v + g``, then ``w ← w - lr * v``."""
        self._velocity *= self.momentum
        self._velocity += gradient
        np.multiply(self._velocity, self.lr, out=scratch)
        self.vector -= scratch


class RMSprop(Optimizer):
    """Divide each gradient by its recent size: ``s ← alpha * s + (1 - alpha) * g²``, ``w ← w - lr * g / (√s + eps)``.

    Parameters
    ----------
    model, lr, weight_decay
        As for `Optimizer`.
    alpha : float
        Weight of the past in the mean square, from 0 up to but not including 1. Courses call it β₂.
    eps : float
        Added to the root, so that no update is divided by zero; positive.

    References
    ----------
    Tieleman and Hinton (2012), Lecture 6.5, rmsprop. Coursera: Neural networks for machine learning.
    """

    def __init__(self, model, lr, *, alpha=0.99, eps=1e-8, weight_decay=0.0):
        _check_share(alpha, "alpha")
        super().__init__(model, lr, weight_decay=weight_decay)
        self.alpha, self.eps, self._square = alpha, _positive_eps(eps), np.zeros_like(self.vector)

    def update(self, gradient, scratch):
        """``s ← alpha * s + (1 - alpha) * g²``, then ``w ← w - lr * g / (√s + eps)``."""
        _move_mean(self._square, np.square(gradient, out=scratch), self.alpha)
        np.sqrt(self._square, out=scratch)
        scratch += self.eps
        gradient *= self.lr
        gradient /= scratch
        self.vector -= gradient


class Adam(Optimizer):
    """Running means of the gradient and of its square, both freed from their start at zero, and their quotient.

    At step t: ``m ← β₁ m + (1 - β₁) g``, ``s ← β₂ s + (1 - β₂) g²``, and
    ``w ← w - lr * m / (1 - β₁ᵗ) / (√(s / (1 - β₂ᵗ)) + eps)``.
    β₁ and β₂ have nothing to do with beta, the shift of a norm.

    Parameters
    ----------
    model, lr, weight_decay
        As for `Optimizer`; the weight decay is the L2 penalty, not the decoupled one of AdamW.
    betas : tuple of float
        β₁ and β₂, each from 0 up to but not including 1.
    eps : float
        Added to the root, so that no update is divided by zero; positive.

    References
    ----------
    Kingma and Ba (2015), Adam: a method for stochastic optimization, algorithm 1.
    """

    def __init__(self, model, lr=1e-3, *, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        for i, beta in enumerate(betas):
            _check_share(beta, f"betas[{i}]")
        super().__init__(model, lr, weight_decay=weight_decay)
        self.betas, self.eps, self.steps = betas, _positive_eps(eps), 0
        self._mean, self._square = np.zeros_like(self.vector), np.zeros_like(self.vector)

    def update(self, gradient, scratch):
        """One step of Kingma and Ba's algorithm 1."""
        beta1, beta2 = self.betas
        self.steps += 1
        _move_mean(self._square, np.square(gradient, out=scratch), beta2)
        _move_mean(self._mean, gradient, beta1)
        np.divide(self._square, 1 - beta2**self.steps, out=scratch)
        np.sqrt(scratch, out=scratch)
        scratch += self.eps
        np.divide(self._mean, scratch, out=scratch)
        scratch *= self.lr / (1 - beta1**self.steps)
        self.vector -= scratch


def _move_mean(mean, new, weight):
    """``mean ← weight * mean + (1 - weight) * new``, in place; `new` is overwritten."""
    new *= 1 - weight
    mean *= weight
    mean += new


def _place(i, module, name):
    return f"{name} of module {i} ({type(module).__name__})"


def _check_share(value, name):
    if not 0 <= value < 1:
        raise ValueError(f"{name} = {value} came; expected a number from 0 up to but not including 1, such as 0.9")


def _positive_eps(eps):
    if not eps > 0:
        raise ValueError(f"eps = {eps} came; expected a small positive number such as 1e-8")
    return eps
