// Numbers as a reader reads them. No DOM.

/** `toFixed`, but nothing that rounds to zero has a sign, as with Python's format "z.2f". */
export function fixed(value, digits) {
  return value.toFixed(digits).replace(/^-(0(?:\.0*)?)$/, "$1");
}

/** The same with a true minus sign, for the eye. */
export function shown(value, digits) {
  return fixed(value, digits).replace("-", "\u2212");
}
