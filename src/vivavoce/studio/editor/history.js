/**
 * What was changed, to be undone and done again. Pure: whoever holds it carries changes out.
 *
 * A change is `{ edits, assign, names }`, each a list of `{ ..., before, after }`; what was done
 * in one go (replacing all) is one change.
 */

const MOST = 500; // changes that are remembered

export class History {
  #done = [];
  #undone = [];

  get canUndo() { return this.#done.length > 0; }
  get canRedo() { return this.#undone.length > 0; }

  add(change) {
    this.#done.push(change);
    if (this.#done.length > MOST) this.#done.shift();
    this.#undone = [];
  }

  /** The change that undoes the last one; null: there is none. */
  undo() {
    return step(this.#done, this.#undone, inverse);
  }

  /** The change that was undone last, to be made again; null: there is none. */
  redo() {
    return step(this.#undone, this.#done, (change) => change);
  }
}

function step(from, to, made) {
  const change = from.pop();
  if (!change) return null;
  to.push(change);
  return made(change);
}

/** The change that takes back `change`, last things first. */
export function inverse(change) {
  const back = (items = []) =>
    items.map((item) => ({ ...item, before: item.after, after: item.before })).reverse();
  return { edits: back(change.edits), assign: back(change.assign), names: back(change.names) };
}
