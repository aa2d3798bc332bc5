/** Where nobody speaks, so that playing can go on behind it. Pure; in seconds. */

const SHORTEST = 1; // a shorter pause is heard
const BEFORE = 0.25; // heard before the next words
const AFTER = 0.35; // heard after the last ones

/** The stretches in which somebody speaks, `[{ start, end }]`, overlapping ones as one. */
export function speechOf(utterances, rate) {
  const speech = [];
  for (const { start, end } of utterances) {
    const last = speech.at(-1);
    if (last && start / rate - last.end < SHORTEST) last.end = Math.max(last.end, end / rate);
    else speech.push({ start: start / rate, end: end / rate });
  }
  return speech;
}

/** Where to go on from `seconds`; null: somebody speaks there, or nobody does any more. */
export function skipTo(speech, seconds) {
  let [low, high] = [0, speech.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (speech[middle].start <= seconds) low = middle + 1;
    else high = middle;
  }
  const [before, next] = [speech[low - 1], speech[low]];
  if (!next || (before && seconds < before.end + AFTER)) return null;
  const to = next.start - BEFORE;
  return to - seconds > BEFORE ? to : null;
}
