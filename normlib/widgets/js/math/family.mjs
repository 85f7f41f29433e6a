// normlib.widgets.family: the norms as axes of one block, in the same words. No DOM.

const NORMS = {
  BN: ["Batch norm", "blue", 0, 2, 3],
  LN: ["Layer norm", "orange", 1, 2, 3],
  IN: ["Instance norm", "green", 2, 3],
  GN: ["Group norm", "magenta", 1, 2, 3],
  RMS: ["RMS norm", "gold", 1, 2, 3],
};

/** Axes as Python writes a tuple. */
export const tuple = (axes) => `(${axes.join(", ")}${axes.length === 1 ? "," : ""})`;

function remarkOf(norm, groups, samples, channels) {
  const same = (one, other) => `With one ${one}, these are ${other} norm's means.`;
  const alone = (each, rest = "") => `Each ${each} goes by itself${rest}.`;
  if (norm === "RMS") return "These are layer norm's cells, but no mean is subtracted.";
  if (norm === "IN") return alone("channel of each sample");
  if (norm === "LN") return alone("sample");
  if (norm === "BN") return samples > 1 ? "In training, each sample depends on its batch." : same("sample in training", "instance");
  if (groups === 1) return same("group", "layer");
  return groups < channels ? alone("sample", `, ${channels / groups} channels at a time`) : same("channel in a group", "instance");
}

/** What a choice of norm comes down to. */
export function plan(norm, groups, own, samples, channels) {
  const known = NORMS[norm] ?? ["BN", "LN", "IN"].map((k) => NORMS[k]).find((k) => String(k.slice(2)) === String(own));
  const [name, hue, ...axes] = known ?? ["", "purple", ...own];
  const named = norm in NORMS;
  return {
    title: named ? name : "Own axes",
    hue,
    axes,
    groups: norm === "GN" ? groups : 1,
    code: norm === "GN" ? "normalize(x.reshape(N, G, C//G, H, W), axes=(2, 3, 4))"
      : `normalize(x, axes=${tuple(axes)}${norm === "RMS" ? ", centered=False" : ""})`,
    remark: named ? remarkOf(norm, groups, samples, channels)
      : known ? `This is ${name.toLowerCase()}.` : "These axes have no name in this book.",
  };
}
