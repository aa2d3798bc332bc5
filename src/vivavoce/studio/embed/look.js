/** How the dictation button looks; a page changes it by its parts, `button` and `tail`. */

let shared = null;

export function sheet() {
  if (shared === null) {
    shared = new CSSStyleSheet();
    shared.replaceSync(RULES);
  }
  return shared;
}

const RULES = `
:host { display: inline-flex; align-items: center; gap: 0.5em; max-width: 100%; vertical-align: middle; }
:host([hidden]) { display: none; }
button {
  display: inline-grid;
  place-items: center;
  flex: none;
  width: 2.5rem;
  height: 2.5rem;
  padding: 0;
  border: 1px solid #8886;
  border-radius: 50%;
  background: Canvas;
  color: CanvasText;
  cursor: pointer;
}
button:focus-visible { outline: 2px solid Highlight; outline-offset: 2px; }
button[data-state="opening"], button[data-state="finishing"] { opacity: 0.6; }
button[data-state="listening"] { background: #c8321f; border-color: #c8321f; color: #fff; }
button.away { background: repeating-linear-gradient(45deg, #c8321f 0 6px, #a8281a 6px 12px); }
svg { width: 1.25rem; height: 1.25rem; fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linecap: round; }
.tail { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; opacity: 0.75; font: italic 0.875rem system-ui, sans-serif; }
.tail:empty { display: none; }
.status { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;
