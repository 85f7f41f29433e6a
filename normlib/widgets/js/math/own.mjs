// normlib.widgets.own: what is left out of a reader's own numbers, and what is said of them. No DOM, no model.

/** `[finite, note]`: the finite ones of some numbers, and one line about all that is odd with them, or "". */
export function kept(x) {
  const finite = x.filter(Number.isFinite);
  const [n, lost] = [finite.length, x.length - finite.length];
  const notes = [
    x.length ? "" : "No numbers came, so there is nothing to draw.",
    lost ? `${lost} of ${x.length} numbers ${lost === 1 ? "is" : "are"} NaN or infinite, and left out.` : "",
    n === 1 ? "One number alone has no spread." : "",
    n > 1 && finite.every((v) => v === finite[0]) ? `All ${n} numbers are the same: they have no spread.` : "",
  ];
  return [finite, notes.filter(Boolean).join(" ")];
}
