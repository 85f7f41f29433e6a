// Numbers as a reader reads them, types them, and moves them. No DOM.

const MINUS = "\u2212";

/** `toFixed`, but nothing that rounds to zero has a sign, as with Python's format "z.2f". */
export function fixed(value, digits) {
  return value.toFixed(digits).replace(/^-(0(?:\.0*)?)$/, "$1");
}

/** The same with a true minus sign, for the eye. */
export function shown(value, digits) {
  return fixed(value, digits).replace("-", MINUS);
}

/** A number as a reader writes it: so many digits that count, no needless zeros, a true minus sign. */
export function plain(value, digits = 6) {
  return String(Number(value.toPrecision(digits))).replace(/-/g, MINUS);
}

/** The number in a text that a slider or a number field takes, or undefined. */
export function numberIn(spec, text) {
  const value = text.trim() === "" ? NaN : Number(text);
  const fits = spec.values ? spec.values.includes(value) : value >= spec.min && value <= spec.max;
  return fits && (!spec.integer || Number.isInteger(value)) ? value : undefined;
}

// A slider of equal ratios, or of listed values: places 0, 1, …, `positions`, with a value at each.

export function positions(spec) {
  return spec.values ? spec.values.length - 1 : Math.round(Math.log10(spec.max / spec.min) / spec.step);
}

/** Ratios are rounded to three digits, so that addresses stay short; both ends are exact. */
export function valueAt(spec, position) {
  if (spec.values) return spec.values[position];
  if (position === 0) return spec.min;
  if (position === positions(spec)) return spec.max;
  const value = Number((spec.min * (spec.max / spec.min) ** (position / positions(spec))).toPrecision(3));
  return spec.integer ? Math.round(value) : value;
}

export function positionOf(spec, value) {
  if (spec.values) return spec.values.indexOf(value);
  return Math.round(Math.log(value / spec.min) / Math.log(spec.max / spec.min) * positions(spec));
}
