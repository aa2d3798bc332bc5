/** Summaries and answers as text whose every sentence leads to where it was said. */

import { h } from "../common/dom.js";
import { clock } from "../common/words.js";

const SOURCES = 4; // of a sentence that are shown beside its first

/**
 * The elements of a text: paragraphs, lists and headings. `sentences` and `sections` are the
 * server's; without them (while it is being written) there are no links.
 */
export function written(id, text, sentences = [], sections = []) {
  const found = [];
  const left = [...sentences];
  const begun = [...sections];
  for (const line of text.split("\n")) {
    if (line.startsWith("## ")) found.push(heading(id, line.slice(3), begun.shift()));
    else if (/^[-*] /.test(line)) listOf(found).append(h("li", {}, ...linked(id, line.slice(2), left)));
    else if (line.trim()) found.push(h("p", {}, ...linked(id, line, left)));
  }
  return found;
}

function listOf(found) {
  if (found.at(-1)?.tagName !== "UL") found.push(h("ul"));
  return found.at(-1);
}

function heading(id, title, section) {
  const [source] = section?.sources ?? [];
  return h("h4", {}, title, source ? " " : null, source ? moment(id, source, clock(source.start)) : null);
}

/** A line with the sentences in it, in their order, as links. */
function linked(id, line, left) {
  const parts = [];
  let rest = line;
  while (left.length > 0) {
    const { text, sources } = left[0];
    const at = rest.indexOf(text);
    if (at < 0 || text === "") break;
    left.shift();
    parts.push(rest.slice(0, at), ...sentence(id, text, sources));
    rest = rest.slice(at + text.length);
  }
  return [...parts, rest];
}

function sentence(id, text, sources) {
  if (sources.length === 0) return [text];
  const [first, ...more] = sources;
  const others = more.slice(0, SOURCES).flatMap((source) => [" ", moment(id, source, clock(source.start), "at")]);
  return [moment(id, first, text, "sentence"), ...others];
}

function moment(id, { start }, text, kind = "at") {
  const title = kind === "at" ? "Where it was said" : `Said at ${clock(start)}`;
  return h("a", { class: `moment ${kind}`, href: `#/r/${id}@${start}`, title }, text);
}
