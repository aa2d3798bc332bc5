/** The caret and the selection, as places in the text of one element. */

import { placeIn, pointIn } from "../transcript/highlights.js";

/** The selected characters of an element: `{ from, to }`; null: the selection is elsewhere. */
export function selectionIn(element) {
  const selection = getSelection();
  if (selection.rangeCount === 0) return null;
  const range = selection.getRangeAt(0);
  const inside = element.contains(range.startContainer) && element.contains(range.endContainer);
  if (!inside) return null;
  const { startContainer, startOffset, endContainer, endOffset } = range;
  return { from: placeIn(element, startContainer, startOffset), to: placeIn(element, endContainer, endOffset) };
}

/** Select the characters `from` ... `to` of an element; one place: put the caret there. */
export function select(element, from, to = from) {
  const length = element.textContent.length;
  const start = pointIn(element, Math.min(from, length)) ?? [element, 0];
  const end = pointIn(element, Math.min(to, length)) ?? [element, element.childNodes.length];
  getSelection().setBaseAndExtent(...start, ...end);
}

/** The piece and the character under a point of the screen, among elements that match. */
export function placeAt(x, y, selector) {
  const found = pointAt(x, y);
  const element = found && elementOf(found.node).closest(selector);
  return element ? { element, place: placeIn(element, found.node, found.offset) } : null;
}

function pointAt(x, y) {
  const position = document.caretPositionFromPoint?.(x, y);
  if (position) return { node: position.offsetNode, offset: position.offset };
  const range = document.caretRangeFromPoint?.(x, y);
  return range ? { node: range.startContainer, offset: range.startOffset } : null;
}

function elementOf(node) {
  return node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
}

/** Let somebody write in an element, plain text only; `null`: no more. */
export function writable(element, label) {
  if (label === null) {
    for (const name of ["contenteditable", "role", "aria-label", "spellcheck", "tabindex"]) {
      element.removeAttribute(name);
    }
    return;
  }
  try {
    element.contentEditable = "plaintext-only";
  } catch {
    element.contentEditable = "true"; // an older Firefox; `editor.js` lets in plain text only
  }
  for (const [name, value] of Object.entries({ role: "textbox", "aria-label": label, spellcheck: "true" })) {
    element.setAttribute(name, value);
  }
}
