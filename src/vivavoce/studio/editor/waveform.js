/** A recording's loudness behind the slider of its player, the part that was heard in colour. */

const BAR = 3; // px from one bar to the next
const WIDTH = 2; // px
const LEAST = 1.5; // px of a silent one

export class Waveform {
  #canvas;
  #peaks = null; // { rate, peaks }
  #share = 0; // of the length that was heard
  #bars = []; // a loudness, 0 ... 1, for each bar
  #drawn = "";

  constructor(canvas) {
    this.#canvas = canvas;
    new ResizeObserver(() => this.#fit()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
    new MutationObserver(() => this.redraw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  /** Show these, as `GET /recordings/{id}/peaks` answers; null: none. */
  show(peaks) {
    this.#peaks = peaks;
    this.#canvas.parentElement.classList.toggle("drawn", peaks !== null);
    this.#fit();
  }

  /** How much of it was heard, 0 ... 1. */
  set heard(share) {
    this.#share = share;
    this.#draw();
  }

  redraw() {
    this.#drawn = "";
    this.#draw();
  }

  #fit() {
    const { clientWidth, clientHeight } = this.#canvas;
    this.#canvas.width = Math.round(clientWidth * devicePixelRatio);
    this.#canvas.height = Math.round(clientHeight * devicePixelRatio);
    this.#bars = this.#peaks ? barsOf(this.#peaks.peaks, Math.floor(clientWidth / BAR)) : [];
    this.redraw();
  }

  #draw() {
    const done = Math.round(this.#share * this.#bars.length);
    if (this.#drawn === `${done}`) return; // nothing to be seen has changed
    this.#drawn = `${done}`;
    const pen = this.#canvas.getContext("2d");
    const { width, height } = this.#canvas;
    pen.clearRect(0, 0, width, height);
    const colours = getComputedStyle(this.#canvas);
    const scale = devicePixelRatio;
    this.#bars.forEach((loudness, i) => {
      const size = Math.max(LEAST * scale, loudness * height);
      pen.fillStyle = i < done ? colours.getPropertyValue("accent-color") : colours.color;
      pen.beginPath();
      pen.roundRect(i * BAR * scale, (height - size) / 2, WIDTH * scale, size, scale);
      pen.fill();
    });
  }
}

/** As many bars as there is room for, the loudest of them full; quiet speech is to be seen too. */
export function barsOf(peaks, count) {
  if (peaks.length === 0 || count < 1) return [];
  const most = Math.max(1, peaks.reduce((a, b) => Math.max(a, b), 0));
  return Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * peaks.length) / count);
    const to = Math.max(from + 1, Math.floor(((i + 1) * peaks.length) / count));
    let loudest = 0;
    for (let at = from; at < to; at++) loudest = Math.max(loudest, peaks[at]);
    return Math.sqrt(loudest / most);
  });
}
