"""Every known mistake in words: what is wrong, to follow "Your y", and the step of the derivation to reread."""

VARIANCE = "the definition of σ²: the mean of (x − μ)², over the axes that share a mean."
X_HAT = "the definition of x̂: its denominator is √(σ² + ε)."
SCALE_SHIFT = "the last line of the forward pass: y = γ·x̂ + β."
AXES = "which numbers share a mean, and what the mean's shape is."
MU_PATH = "the path through μ: every x moves μ by 1/m, and μ moves every x̂."
VAR_PATH = "the path through σ²: ∂σ²/∂x = 2(x − μ)/m, and σ² moves every x̂."
SUMS = "the compact form: both sums are means over the m numbers that share a μ."
DGAMMA = "∂L/∂γ: γ multiplies x̂ in every row, so its gradient is the sum of dy·x̂ over them."
DBETA = "∂L/∂β: β is added in every row, so its gradient is the sum of dy over them."
PER_CHANNEL = "γ's shape: one number for each channel (feature), shared by all samples and positions."
GROUPS = "how channels form groups: neighbours together, (N, G, C/G, H, W), and back again."
RUNNING = "running = (1 − momentum)·running + momentum·batch, from 0 for the mean and 1 for the variance."
MODES = "training uses the batch's statistics and moves the running ones; evaluation uses those and moves nothing."

WORDS = {
    "F01": ("adds ε to σ, outside of the root, and not to the variance inside of it", X_HAT),
    "F02": ("leaves ε out", X_HAT),
    "F03": ("uses the unbiased variance, with m − 1, in the normalizer", VARIANCE),
    "F04": ("is divided by the variance and not by its root", X_HAT),
    "F05": ("takes one mean and one variance over the whole array: the axis is missing", AXES),
    "F06": ("takes mean and variance along the wrong axis", AXES),
    "F09": ("divides x by σ without subtracting the mean", "the definition of x̂: its numerator is x − μ."),
    "F10": ("lacks β", SCALE_SHIFT),
    "F11": ("lacks γ", SCALE_SHIFT),
    "F12": ("multiplies β by γ as well: γ(x̂ + β)", SCALE_SHIFT),
    "F14": ("uses the sum of the squared deviations for their mean", VARIANCE),
    "F15": ("stretches each feature from 0 to 1 (min-max scaling)", "x̂: mean 0 and variance 1, not a range."),
    "F16": ("uses the running mean and variance while training", MODES),
    "F17": ("uses the running mean with the batch's variance", MODES),
    "F18": (
        "loses its digits in float32 where the mean is large, as E[x²] − E[x]² does",
        "the two-pass variance: subtract the mean first, then square.",
    ),
    "B01": ("is g/σ alone: mean and variance are treated as constants", f"{MU_PATH} The same holds for σ²."),
    "B02": ("equals the right one without the path through the variance", VAR_PATH),
    "B03": ("equals the right one without the path through the mean", MU_PATH),
    "B05": ("adds the mean of g where it must be subtracted", "the sign of ∂x̂/∂μ = −1/σ."),
    "B06": ("forgets γ: it uses dy where ∂L/∂x̂ = γ·dy belongs", "∂L/∂x̂, the first step back."),
    "B07": ("lacks the 1/m on both sums", SUMS),
    "B08": ("lacks the division by σ", "∂x̂/∂x = 1/σ, the factor in front of the compact form."),
    "B09": ("is divided by σ² and not by σ", "∂x̂/∂x = 1/σ, the factor in front of the compact form."),
    "B10": ("uses x where x̂ belongs, in the path through the variance", VAR_PATH),
    "B13": ("has lost the factor 2 of ∂σ²/∂x", VAR_PATH),
    "B15": ("divides its sums by m − 1, where the forward pass divides by m", SUMS),
    "B18": ("drops ε, which the forward pass has", "the σ of the backward pass: √(σ² + ε), as in the forward pass."),
    "B19": ("is the gradient of evaluation mode, where statistics are constants", MODES),
    "B20": ("is the gradient of training mode; in evaluation the statistics are constants", MODES),
    "B21": ("takes its sums along the wrong axis", SUMS),
    "B23": ("takes its sums over the whole array: the axis is missing", SUMS),
    "P01": ("multiplies dy by x and not by x̂", DGAMMA),
    "P02": ("is the sum of dy alone: x̂ is missing", DGAMMA),
    "P03": ("takes the mean where the sum belongs", DGAMMA),
    "P05": ("takes the mean where the sum belongs", DBETA),
    "P06": ("is summed along the wrong axis", DBETA),
    "L01": ("subtracts a mean without `keepdims=True`, which meets the wrong axis", AXES),
    "L02": ("uses the unbiased σ, and adds ε to it and not to the variance", X_HAT),
    "L03": ("is batch norm of xᵀ turned back, with γ and β on the samples", "γ and β of layer norm: one per feature."),
    "L04": ("takes mean and variance over the batch, as batch norm does", AXES),
    "L06": ("takes one mean and variance over the whole batch", AXES),
    "L07": ("is summed over the features of each sample", DGAMMA),
    "L08": ("is summed over the features of each sample", DBETA),
    "L10": ("takes its sums over the batch and not over each sample", SUMS),
    "L11": ("multiplies by γ after the sums, which is right for batch norm alone", "∂L/∂x̂ = γ·dy: γ differs inside."),
    "S01": (
        "mixes channels: it reshapes to (N·H·W, C) without moving the channels to the end first",
        "the way from (N, C, H, W) to rows of C numbers: transpose, then reshape.",
    ),
    "S03": ("takes mean and variance over N only, each pixel for itself", AXES),
    "S05": ("counts m = N where N·H·W numbers share a mean", SUMS),
    "S07": ("stays unsummed over H and W", f"{PER_CHANNEL} Its gradient is summed over all of these."),
    "S08": ("multiplies γ and β along the last axis, the width, and not the channels", PER_CHANNEL),
    "G01": ("interleaves the groups: channel c goes to group c mod G", GROUPS),
    "G03": ("takes mean and variance over H and W only: that is instance norm", GROUPS),
    "G04": ("takes the batch axis into the groups' mean", AXES),
    "G07": ("has one γ and β for each group", PER_CHANNEL),
    "G08": ("is not reshaped back to the shape of x", GROUPS),
    "G09": ("has kept the summed axes; expected one axis, (C,)", PER_CHANNEL),
    "G11": ("multiplies by γ after the group's sums, which is right for batch norm alone", "∂L/∂x̂ = γ·dy."),
    "G12": ("takes G for the number of channels in a group", GROUPS),
    "R01": ("swaps the convention: momentum is the weight of the new batch", RUNNING),
    "R02": ("stores the biased variance; asked for is the unbiased one, with m − 1", RUNNING),
    "R03": ("starts at 0 where the running variance starts at 1", RUNNING),
    "R05": ("never moves from its start", RUNNING),
    "R06": ("holds the last batch alone", RUNNING),
    "R07": ("is the plain average over all batches so far", RUNNING),
    "R08": ("uses the batch's own statistics in evaluation", MODES),
    "R09": ("adds the batch without taking anything from the old value", RUNNING),
    "R12": ("moves in evaluation too", MODES),
    "R15": ("lacks γ and β in evaluation", SCALE_SHIFT),
    "R16": ("is computed and never written back", RUNNING),
    "R17": ("stores the standard deviation for the variance", RUNNING),
}
