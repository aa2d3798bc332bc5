/**
 * How captions look, from the address: `?size=48&colour=ffee00&outline=none&position=top`.
 *
 * Pure. What is not understood is passed over, so that a mistake never hides the captions.
 */

const SIZE = { least: 12, most: 200, usual: 42 }; // px
const LINES = { least: 1, most: 3, usual: 2 };
const POSITIONS = ["bottom", "middle", "top"];
const HEX = /^#?((?:[0-9a-f]{3,4}){1,2})$/i;
const NAME = /^[a-z]{3,24}$/i;
const LANGUAGE = /^[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}$/i;

/** @param {(value: string) => boolean} known whether this is a colour's name */
export function lookOf(query, known) {
  const colour = (name) => colourOf(query.get(name) ?? query.get(name.replace("colour", "color")), known);
  const size = within(query.get("size"), SIZE);
  const styles = { "--size": `${size}px`, "--colour": colour("colour"), "--background": colour("background") };
  const outline = colour("outline");
  if (outline === "transparent") styles["--stroke"] = "0";
  else styles["--outline"] = outline;
  const position = query.get("position");
  const language = query.get("language");
  return {
    lines: within(query.get("lines"), LINES),
    position: POSITIONS.includes(position) ? position : POSITIONS[0],
    language: language && LANGUAGE.test(language) ? language : null,
    styles: Object.fromEntries(Object.entries(styles).filter(([, value]) => value !== null)),
  };
}

function within(text, { least, most, usual }) {
  const number = /^\d{1,4}$/.test(text ?? "") ? Number(text) : usual;
  return Math.min(most, Math.max(least, number));
}

/** `ffee00`, `#fe0`, `00000080`, `yellow` or `none`; null: not said, or no colour. */
function colourOf(text, known) {
  if (text === null) return null;
  if (text === "none") return "transparent";
  const hex = HEX.exec(text);
  if (hex) return `#${hex[1]}`;
  return NAME.test(text) && known(text) ? text : null;
}
