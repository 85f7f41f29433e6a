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

/** Say `text` in an element that holds nothing else: its text node stays, and so does what the browser knows of it. */
export function say(element, text) {
  const node = element.firstChild;
  if (node ? !text : text) element.textContent = text;
  else if (node && node.data !== text) node.data = text;
}

/** An HTML element with attributes (`text` is its text), appended to a parent where there is one. */
export function html(name, attributes = {}, parent = null) {
  return create(document.createElement(name), attributes, parent);
}

/** The same for SVG. */
export function svg(name, attributes = {}, parent = null) {
  return create(document.createElementNS(SVG, name), attributes, parent);
}

/** So many SVG elements of one kind, in a group of their own; returns a function that takes the attributes of each. */
export function several(name, alike, parent) {
  const group = svg("g", {}, parent);
  return (all) => {
    while (group.childElementCount > all.length) group.lastChild.remove();
    all.forEach(({ text = "", ...attributes }, i) => {
      const element = group.children[i] ?? svg(name, alike, group);
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
      if (text) say(element, text);
    });
  };
}
