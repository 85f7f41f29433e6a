// normlib.widgets.family: the norms as axes of one block, in the same words.

const NORMS = {
  BN: ["Batch norm", "blue", 0, 2, 3],
  LN: ["Layer norm", "orange", 1, 2, 3],
  IN: ["Instance norm", "green", 2, 3],
  GN: ["Group norm", "magenta", 1, 2, 3],
  RMS: ["RMS norm", "gold", 1, 2, 3],
};

/** Numbers as Python writes a tuple. */
export const tuple = (of) => `(${of.join(", ")}${of.length === 1 ? "," : ""})`;

function remarkOf(norm, groups, samples, channels) {
  if (norm === "BN") {
    return samples > 1 ? "In training, each sample depends on its batch."
      : "With one sample in training, these are instance norm's means.";
  }
  if (norm === "LN") return "Each sample goes by itself.";
  if (norm === "IN") return "Each channel of each sample goes by itself.";
  if (norm === "RMS") return "These are layer norm's cells, but no mean is subtracted.";
  if (groups === 1) return "With one group, these are layer norm's means.";
  return groups < channels ? `Each sample goes by itself, ${channels / groups} channels at a time.`
    : "With one channel in a group, these are instance norm's means.";
}

/** What a choice of norm comes down to; `over` is what the code's axes are. */
export function plan(norm, groups, own, samples, channels) {
  const found = NORMS[norm] ?? [NORMS.BN, NORMS.LN, NORMS.IN].find(([, , ...axes]) => tuple(axes) === tuple(own));
  const [name, hue, ...axes] = found ?? ["", "purple", ...own];
  const named = norm in NORMS;
  const grouped = norm === "GN";
  const over = tuple(grouped ? [2, 3, 4] : axes);
  return {
    title: named ? name : "Own axes",
    hue,
    axes,
    over: over + (grouped ? " of (N, G, C/G, H, W)" : ""),
    groups: grouped ? groups : 1,
    code: `normalize(x${grouped ? ".reshape(N, G, C//G, H, W)" : ""}, axes=${over}${norm === "RMS" ? ", centered=False" : ""})`,
    remark: named ? remarkOf(norm, groups, samples, channels)
      : found ? `This is ${name.toLowerCase()}.` : "These axes have no name in this book.",
  };
}
