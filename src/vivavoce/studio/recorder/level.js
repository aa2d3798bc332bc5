/** The microphone's level as a strip of bars, newest at the right. */

const BAR = 3; // px
const GAP = 2; // px
const KEPT = 400; // bars, more than any screen shows
const ARIA_EVERY = 5; // blocks between values told to assistive technology

const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Level {
  #meter;
  #canvas;
  #peaks = [];
  #blocks = 0;

  constructor(meter) {
    this.#meter = meter;
    this.#canvas = meter.querySelector("canvas");
    new ResizeObserver(() => this.#draw()).observe(meter);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw());
  }

  /** @param {number} peak 0 ... 1, of the last 100 ms */
  push(peak) {
    this.#peaks.push(loudness(peak));
    if (this.#peaks.length > KEPT) this.#peaks.shift();
    if (this.#blocks++ % ARIA_EVERY === 0) {
      this.#meter.setAttribute("aria-valuenow", Math.round(100 * this.#peaks.at(-1)));
    }
    this.#draw();
  }

  clear() {
    this.#peaks = [];
    this.#meter.setAttribute("aria-valuenow", 0);
    this.#draw();
  }

  #draw() {
    const { clientWidth: width, clientHeight: height } = this.#meter;
    const scale = devicePixelRatio;
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    const context = this.#canvas.getContext("2d");
    context.scale(scale, scale);
    context.fillStyle = getComputedStyle(this.#meter).color;
    if (still.matches) return this.#drawStill(context, width, height);
    const count = Math.floor((width + GAP) / (BAR + GAP));
    for (let i = 0; i < count; i++) {
      const peak = this.#peaks[this.#peaks.length - count + i] ?? null;
      const tall = peak === null ? BAR : Math.max(BAR, peak * height);
      context.globalAlpha = peak === null ? 0.22 : 0.35 + 0.65 * (i / count);
      context.beginPath();
      context.roundRect(i * (BAR + GAP), (height - tall) / 2, BAR, tall, BAR / 2);
      context.fill();
    }
  }

  /** Nothing that runs across the page: one bar, as long as it is loud. */
  #drawStill(context, width, height) {
    const lengths = [[0.22, 1], [1, this.#peaks.at(-1) ?? 0]];
    for (const [alpha, length] of lengths) {
      context.globalAlpha = alpha;
      context.fillRect(0, height / 2 - BAR / 2, width * length, BAR);
    }
  }
}

/** Quiet speech is to be seen too: 0.01 shows as 0.1, 0.25 as 0.5. */
function loudness(peak) {
  return Math.sqrt(Math.min(1, peak));
}
