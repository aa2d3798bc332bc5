/**
 * Takes the microphone's samples at the device's own rate and posts blocks of 100 ms:
 * `{pcm: ArrayBuffer (s16le mono), peak: 0 ... 1}`. On the message "stop" or "pause" it posts
 * what is left, then `{stopped: true}`: the last words are not cut off. After "pause" it takes
 * nothing until "resume".
 */

class Capture extends AudioWorkletProcessor {
  #size = Math.round(sampleRate / 10);
  #block = new DataView(new ArrayBuffer(2 * this.#size));
  #filled = 0;
  #peak = 0;
  #paused = false;
  #stopped = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => {
      this.#paused = data !== "resume";
      this.#stopped ||= data === "stop";
      if (!this.#paused) return;
      this.#post();
      this.port.postMessage({ stopped: true });
    };
  }

  process([input]) {
    if (!this.#paused) for (const sample of input[0] ?? []) this.#take(sample);
    return !this.#stopped;
  }

  #take(sample) {
    const level = Math.max(-1, Math.min(1, sample));
    this.#peak = Math.max(this.#peak, Math.abs(level));
    this.#block.setInt16(2 * this.#filled, Math.round(level * 32767), true);
    this.#filled += 1;
    if (this.#filled === this.#size) this.#post();
  }

  #post() {
    if (this.#filled === 0) return;
    const pcm = this.#block.buffer.slice(0, 2 * this.#filled);
    this.port.postMessage({ pcm, peak: this.#peak }, [pcm]);
    this.#filled = 0;
    this.#peak = 0;
  }
}

registerProcessor("vivavoce-capture", Capture);
