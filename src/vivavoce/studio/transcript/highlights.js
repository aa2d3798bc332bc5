/**
 * Marks in text that change no element: the browser's own highlights. Where a browser has none,
 * nothing is marked, and all else works.
 */

const registry = globalThis.CSS?.highlights;

/** Mark these ranges under a name that `editor.css` gives colours to, in place of those before. */
export function mark(name, ranges) {
  if (!registry) return;
  if (ranges.length === 0) registry.delete(name);
  else registry.set(name, new Highlight(...ranges));
}

/**
 * The range of the characters `from` ... `to` of an element, or null where it has fewer. A static
 * one: the browser need not look after it with every change of the page.
 */
export function rangeIn(element, from, to) {
  const [start, end] = [pointIn(element, from), pointIn(element, to)];
  if (!start || !end) return null;
  const [[startContainer, startOffset], [endContainer, endOffset]] = [start, end];
  return new StaticRange({ startContainer, startOffset, endContainer, endOffset });
}

/** The text node, and the place in it, of an element's character. */
export function pointIn(element, place) {
  const only = element.firstChild;
  if (only === element.lastChild && only?.nodeType === Node.TEXT_NODE) {
    return place <= only.length ? [only, place] : null;
  }
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(), left = place; node; node = walker.nextNode()) {
    if (left <= node.length) return [node, left];
    left -= node.length;
  }
  return null;
}

/** The character of an element at which a point of the document lies. */
export function placeIn(element, node, offset) {
  const range = new Range();
  range.setStart(element, 0);
  range.setEnd(node, offset);
  return range.toString().length;
}
