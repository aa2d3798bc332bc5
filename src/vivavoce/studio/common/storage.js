/** What this browser remembers. Where storage is forbidden, that is nothing, and all else works. */

/** The text under a key; null: none. */
export function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage is forbidden here
  }
}

export function remember(key, text) {
  try {
    localStorage.setItem(key, text);
  } catch {
    // Storage is forbidden here: it holds until the page is closed.
  }
}
