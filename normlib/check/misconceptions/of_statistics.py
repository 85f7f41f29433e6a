"""What a norm does to its input: range, shape, correlation, batches of one."""

import numpy as np

from ...core import moments, normalize
from ...nn import relu
from ...norms import BatchNorm, GroupNorm, LayerNorm
from .question import Question


def _skewness(x):
    z = (x - x.mean()) / x.std()
    return float(np.mean(z**3))


def _zeros_after_relu():
    x = np.random.default_rng(0).normal(3.0, 2.0, (1000, 1))
    return float(np.mean(relu(BatchNorm(1)(x)) == 0))


def _skewness_after():
    return _skewness(BatchNorm(1)(np.random.default_rng(0).exponential(1.0, (100_000, 1))))


def _moved_by_beta():
    layer, x = BatchNorm(1), np.random.default_rng(0).standard_normal((64, 1))
    before = layer(x).mean()
    layer.params["beta"] = [2.0]
    return float(layer(x).mean() - before)


def _correlation_after():
    rng = np.random.default_rng(0)
    first = rng.standard_normal(10_000)
    x = np.stack([first, 0.9 * first + np.sqrt(1 - 0.81) * rng.standard_normal(10_000)], axis=1)
    return float(np.corrcoef(BatchNorm(2)(x).T)[0, 1])


def _undone():
    rng, layer = np.random.default_rng(0), BatchNorm(200)
    first, second = rng.normal(5.0, 3.0, (2, 4, 200))
    layer.params["gamma"], layer.params["beta"] = np.sqrt(first.var(axis=0) + layer.eps), first.mean(axis=0)
    return float(np.sqrt(np.mean(np.square(layer(second) - second))) / 3.0)


def _bias_before():
    layer, z = BatchNorm(1), np.random.default_rng(0).standard_normal((64, 1))
    return float(np.abs(layer(z + 5.0) - layer(z)).max())


def _neighbour_outputs():
    return float(normalize(np.array([[1.0], [2.0], [2.0], [2.0]]), axes=0, eps=0.0)[0][0, 0])


def _batch_of_one():
    x_hat, _ = normalize(np.array([[7.0]]), axes=0, eps=1e-5)
    return float(2.0 * x_hat[0, 0] + 3.0)


def _less_noise():
    rng = np.random.default_rng(0)
    small, large = (rng.standard_normal((5_000, m)).mean(axis=1).std() for m in (4, 64))
    return float(small / large)


def _brightness_after_group_norm():
    rng = np.random.default_rng(0)
    dark, light = (level + 0.1 * rng.standard_normal((16, 4, 8, 8)) for level in (0.2, 0.8))
    y = GroupNorm(1, 4)(np.concatenate([dark, light]))
    return float(y[16:].mean() - y[:16].mean())


def _layer_norm_keeps():
    layer = LayerNorm(3)
    for _ in range(10):
        layer(np.random.default_rng(0).normal(5.0, 1.0, (8, 3)))
    return float(len(layer.buffers))


def _transformer_means():
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 4))
    return float(moments(x, axes=1)[0].size)


def _batch_norm_of_one_image():
    layer = BatchNorm(1).eval()
    return float(layer(np.random.default_rng(0).normal(10.0, 1.0, (1, 1, 32, 32))).mean())


def _small_variance():
    x = np.array([[1e-3], [-1e-3]])
    return float(normalize(x, axes=0, eps=1e-5)[0].std())


QUESTIONS = (
    Question(
        "bn-range",
        1,
        "1000 draws from N(3, 2²) pass batch norm (γ = 1, β = 0) and then ReLU. Which share of the outputs is 0?",
        _zeros_after_relu,
        0.0,
        "Batch norm squeezes values into [0, 1], so that ReLU after it does nothing.",
        "Outputs have mean 0 and deviation 1: about half of them are negative.",
    ),
    Question(
        "bn-gaussian",
        2,
        "Exponential draws have skewness 2. Which skewness do they have after batch norm?",
        _skewness_after,
        0.0,
        "Batch norm makes activations Gaussian.",
        "It is a shift and a scale for each feature: skewness and kurtosis stay what they were.",
        0.2,
    ),
    Question(
        "bn-shift",
        3,
        "In training β moves from 0 to 2. By how much does the mean of what the next layer receives move?",
        _moved_by_beta,
        0.0,
        "Batch norm works because the next layer's inputs no longer move.",
        "γ and β are learned, and move them again. Whether less shift is the reason for its success is contested.",
    ),
    Question(
        "bn-decorrelates",
        5,
        "Two features have correlation 0.9. Which one have they after batch norm?",
        _correlation_after,
        0.0,
        "Batch norm decorrelates features.",
        "Each feature is shifted and scaled by itself, and correlations do not notice; whitening would remove them.",
    ),
    Question(
        "gamma-undoes",
        6,
        "γ and β give back one batch of four exactly. A second batch of four, of the same source, passes: how far is "
        "its output from its input, as a share of the source's deviation (root mean square)?",
        _undone,
        0.0,
        "γ = σ and β = μ are learned back, so batch norm does nothing.",
        "Each batch has statistics of its own; their noise stays, and so does the new parametrization.",
        0.4,
    ),
    Question(
        "bias-before",
        7,
        "All z get a bias of 5 in front of batch norm. How large is the largest change of its output?",
        _bias_before,
        5.0,
        "The bias before batch norm matters.",
        "It moves the mean by 5, and the mean is subtracted: β has taken its place.",
    ),
    Question(
        "train-mode-at-test",
        9,
        "In the batch (1, 0, 0, 0) the sample 1 gives 1.73. What does it give in the batch (1, 2, 2, 2)? (ε = 0)",
        _neighbour_outputs,
        1.732,
        "To evaluate in training mode is a fair way out.",
        "Then a prediction depends on its neighbours: −1.73, the same sample with the other sign.",
    ),
    Question(
        "batch-of-one",
        14,
        "What does the formula give for the one sample x = 7, with γ = 2, β = 3, ε = 1e-5?",
        _batch_of_one,
        float("inf"),
        "With batch size 1 batch norm divides by zero.",
        "x − μ is 0 and ε is under the root: β comes out, whatever x was. That is useless, and no division by zero.",
    ),
    Question(
        "larger-batch",
        15,
        "A batch of 64 costs 16 times a batch of 4. How many times less does its mean scatter?",
        _less_noise,
        16.0,
        "A larger batch is always better for batch norm.",
        "The noise falls with the root of the batch size alone; and some of it helps as a regularizer.",
        0.3,
    ),
    Question(
        "gn-always",
        16,
        "Two kinds of images differ in brightness alone. Group norm with one group: how far apart are the means of "
        "both kinds afterwards? (Batch norm leaves them about 2 apart.)",
        _brightness_after_group_norm,
        2.0,
        "Group norm or layer norm is always at least as good as batch norm.",
        "What differs between samples as a whole is taken away by a norm of each sample. At batch 32 a ResNet-50 has "
        "23.6 % error with batch norm and 24.1 % with group norm.",
        0.2,
    ),
    Question(
        "ln-running",
        17,
        "How many running arrays does layer norm keep after ten batches?",
        _layer_norm_keeps,
        2.0,
        "Layer norm keeps running statistics.",
        "None: each sample is normalized by itself, in training and in evaluation alike.",
    ),
    Question(
        "ln-axes",
        18,
        "x has shape (2, 3, 4, 4). Layer norm over (C, H, W) takes 2 means. How many does the transformers' layer norm "
        "take, over the channels of each position?",
        _transformer_means,
        2.0,
        "Layer norm of a CNN and layer norm of a transformer use the same axes.",
        "One for each sample and position: 2·4·4. Their γ differ as well, per element of the normalized shape.",
        0.5,
    ),
    Question(
        "in-is-bn-of-one",
        19,
        "A fresh batch norm in evaluation gets one image whose channel has mean 10. Which mean has the output?",
        _batch_norm_of_one_image,
        0.0,
        "Instance norm is batch norm with batch size 1.",
        "In training yes; in evaluation batch norm subtracts the running mean, here still 0.",
        0.2,
    ),
    Question(
        "eps-scale",
        24,
        "A feature is 0.001 and −0.001. Which standard deviation has it after normalizing with ε = 1e-5?",
        _small_variance,
        1.0,
        "ε only prevents division by zero.",
        "The variance is 1e-6, ten times smaller than ε: √(1/11) of the spread is left.",
    ),
)
