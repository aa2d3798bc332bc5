/** The keyboard over a transcript, as people know it from players and from transcript editors. */

const SHORT = 5; // seconds
const FAR = 10;

/**
 * Listens for keys. `on` has what they do: `toggle`, `seek(by)`, `word(by)`, `utterance(by)`,
 * `rate(by)`, `edit`, `undo`, `redo`, `find`, `marker`, `help`; each says whether it could be
 * done. `active()`: a transcript is shown. `writing()`: the caret is in its text.
 */
export function listenForKeys(on, active, writing) {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || !active() || busy(event.target)) return;
    const run = commandOf(event, on) ?? (writing() || typing(event.target) ? null : plainOf(event, on));
    if (run && run() !== false) event.preventDefault();
  });
}

/** With a modifier: these work while somebody writes, too. */
function commandOf(event, on) {
  const command = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (event.altKey && !event.ctrlKey) {
    const far = { KeyJ: -FAR, KeyL: FAR }[event.code];
    if (far) return () => on.seek(far);
    return event.code === "KeyK" ? on.toggle : null;
  }
  if (!command || event.altKey) return null;
  if (key === " ") return on.toggle;
  if (key === "f") return typing(event.target) ? null : on.find; // there once more: the browser's own
  if (typing(event.target)) return null;
  if (key === "z") return event.shiftKey ? on.redo : on.undo;
  return key === "y" ? on.redo : null;
}

function plainOf(event, on) {
  const { key, target } = event;
  const pressed = target.closest("button, a, summary");
  const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
  if (step) return event.ctrlKey ? () => on.word(step) : () => on.seek(step * SHORT);
  if (event.metaKey || (event.ctrlKey && !event.getModifierState("AltGraph"))) return null;
  if (pressed && (key === " " || key === "Enter")) return null; // it presses that button
  const plain = {
    " ": on.toggle, k: on.toggle,
    j: () => on.seek(-FAR), l: () => on.seek(FAR),
    "[": () => on.word(-1), "]": () => on.word(1),
    "{": () => on.utterance(-1), "}": () => on.utterance(1),
    "-": () => on.rate(-1), "+": () => on.rate(1), "=": () => on.rate(1),
    Enter: on.edit, F2: on.edit, m: on.marker, "?": on.help,
  };
  return plain[key.length === 1 ? key.toLowerCase() : key] ?? null;
}

/** Something lies over the page, or has keys of its own. */
function busy(target) {
  return Boolean(target.closest?.("dialog, [role=menu], select") || document.querySelector("dialog:modal"));
}

function typing(target) {
  return Boolean(target.closest?.("input:not([type=range]), textarea, select"));
}
