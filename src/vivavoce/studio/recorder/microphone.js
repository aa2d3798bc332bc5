/** The microphone, at whatever rate the device has. */

const STOP_LIMIT = 1000; // ms to wait for the last block of a device that may be gone

/** Why there is no sound, in words for the person who pressed Record. */
export class MicrophoneError extends Error {}

const REASONS = {
  NotAllowedError:
    "The browser did not let this page use the microphone. Allow it for this page (the icon beside the address), then press Record again.",
  NotFoundError: "No microphone was found. Plug one in, or drop an audio file here instead.",
  NotReadableError:
    "The microphone is in use by another program. Close that program, then press Record again.",
  OverconstrainedError: "No microphone was found that can record. Try another one.",
  AbortError: "The microphone stopped before it began. Press Record to try again.",
};

const INSECURE =
  "Browsers allow the microphone only on a secure page. Open this page as http://localhost on the machine it runs on, or through https. Files can be transcribed here as they are.";

const AWAY = "The server does not answer, so recording cannot begin. Press Record again when it is back.";

export class Microphone extends EventTarget {
  #stream;
  #context;
  #node;

  /**
   * Asks for the microphone and opens it: the device of this id, or another where it is not
   * there ("": the system's choice). Tells `block` ({pcm, peak}) every 100 ms, and `lost` when
   * the device goes away. Throws MicrophoneError.
   */
  static async open(device = "") {
    if (!navigator.mediaDevices?.getUserMedia) throw new MicrophoneError(INSECURE);
    const microphone = new Microphone();
    try {
      await microphone.#open(device);
    } catch (error) {
      await microphone.#release();
      if (error instanceof MicrophoneError) throw error;
      throw new MicrophoneError(REASONS[error.name] ?? `The microphone failed: ${error.message}`);
    }
    return microphone;
  }

  get rate() { return this.#context.sampleRate; }
  get name() { return this.#stream.getTracks()[0].label; }
  get device() { return this.#stream.getTracks()[0].getSettings().deviceId ?? ""; }

  /** Gives the last block and hears nothing more until `resume`. The device stays open. */
  async pause() {
    await this.#quiet("pause");
    this.#stream.getTracks()[0].enabled = false;
  }

  resume() {
    this.#stream.getTracks()[0].enabled = true;
    this.#node.port.postMessage("resume");
  }

  /** Gives the last block, then lets the device go. */
  async stop() {
    await this.#quiet("stop");
    await this.#release();
  }

  async #quiet(message) {
    const stopped = new Promise((resolve) => this.addEventListener("stopped", resolve, { once: true }));
    const limit = new Promise((resolve) => setTimeout(resolve, STOP_LIMIT));
    this.#node.port.postMessage(message);
    await Promise.race([stopped, limit]);
  }

  async #open(device) {
    // Recognisers want the voice as it is: echo and noise filters eat consonants.
    const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: true };
    if (device) audio.deviceId = { ideal: device };
    this.#stream = await navigator.mediaDevices.getUserMedia({ audio });
    this.#context = new AudioContext({ latencyHint: "interactive" });
    // Nothing but the server's silence keeps it away; the browser calls that an AbortError, too.
    await this.#context.audioWorklet.addModule(new URL("capture-worklet.js", import.meta.url)).catch(() => {
      throw new MicrophoneError(AWAY);
    });
    this.#node = new AudioWorkletNode(this.#context, "vivavoce-capture", {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: "explicit", // the browser mixes several channels down to one
    });
    this.#node.port.onmessage = ({ data }) => this.#hear(data);
    this.#context.createMediaStreamSource(this.#stream).connect(this.#node);
    this.#stream.getTracks()[0].onended = () => this.dispatchEvent(new Event("lost"));
    // A phone call suspends the context; it must go on by itself afterwards.
    this.#context.onstatechange = () => this.#context.resume().catch(() => {});
    await this.#context.resume();
  }

  #hear(data) {
    if (data.stopped) this.dispatchEvent(new Event("stopped"));
    else this.dispatchEvent(new CustomEvent("block", { detail: data }));
  }

  async #release() {
    this.#stream?.getTracks().forEach((track) => {
      track.onended = null;
      track.stop();
    });
    if (this.#context) {
      this.#context.onstatechange = null;
      if (this.#context.state !== "closed") await this.#context.close();
    }
  }
}
