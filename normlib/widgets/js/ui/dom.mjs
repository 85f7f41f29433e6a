// The only module that creates elements.

const SVG = "http://www.w3.org/2000/svg";

function create(element, attributes, parent) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = value;
    else element.setAttribute(name, value);
  }
  parent?.append(element);
  return element;
}

/** An HTML element with attributes (`text` is its text), appended to a parent where there is one. */
export function html(name, attributes = {}, parent = null) {
  return create(document.createElement(name), attributes, parent);
}

/** The same for SVG. */
export function svg(name, attributes = {}, parent = null) {
  return create(document.createElementNS(SVG, name), attributes, parent);
}
