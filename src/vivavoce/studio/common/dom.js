/** Making elements. Text from the server only ever becomes text: nothing here parses HTML. */

const SVG = "http://www.w3.org/2000/svg";

/** An element with properties (`class`, `data-*`, `aria-*`, `on*` listeners) and children. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) set(element, name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

function set(element, name, value) {
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (typeof value === "boolean") element.toggleAttribute(name, value);
  else if (value !== null && value !== undefined) element.setAttribute(name, value);
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `studio/icons.svg#${name}`);
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

export function setIcon(button, name) {
  button.querySelector("use").setAttribute("href", `studio/icons.svg#${name}`);
}

/** Sets text only where it differs, so that screen readers and the caret are left alone. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
