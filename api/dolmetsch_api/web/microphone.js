/** The microphone, as it is: no echo cancellation, noise suppression or gain control. */

const CONSTRAINTS = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1 };

/** The microphone can't be used; the message says what to do. */
export class MicrophoneTrouble extends Error {}

const REMEDIES = {
  NotAllowedError: "This page may not use the microphone. Allow it in the browser's address bar, then try again.",
  SecurityError: "This page may not use the microphone. Allow it in the browser's settings, then try again.",
  NotFoundError: "No microphone was found. Connect one, then try again.",
  OverconstrainedError: "The chosen microphone is gone. Choose another one, then try again.",
  NotReadableError: "The microphone can't be opened: another program may be using it.",
};

/** Microphones by id and name; names are empty until one was allowed. */
export async function microphones() {
  const found = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  return found.filter(({ kind, deviceId }) => kind === "audioinput" && deviceId !== "default");
}

export class Microphone {
  #samples = new Float32Array(2048);
  #closed = false;

  /** @param {MediaStream} stream */
  constructor(stream) {
    this.stream = stream;
    this.context = new AudioContext();
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = this.#samples.length;
    this.context.createMediaStreamSource(stream).connect(this.analyser);
    this.context.resume();
  }

  /** @param {string} id empty: the browser's choice. Throws MicrophoneTrouble. */
  static async open(id) {
    if (!navigator.mediaDevices) {
      throw new MicrophoneTrouble("Browsers lend the microphone only to pages on https:// or localhost.");
    }
    if (!globalThis.MediaRecorder) {
      throw new MicrophoneTrouble("This browser can't record: use a current Firefox, Chrome, Edge or Safari.");
    }
    try {
      const audio = { ...CONSTRAINTS, ...(id && { deviceId: { exact: id } }) };
      return new Microphone(await navigator.mediaDevices.getUserMedia({ audio }));
    } catch (error) {
      throw new MicrophoneTrouble(REMEDIES[error.name] ?? `The microphone can't be used: ${error.message}`);
    }
  }

  /** @param {() => void} tell called when the microphone is pulled out or taken away */
  onLost(tell) {
    this.stream.getAudioTracks()[0].addEventListener("ended", tell);
  }

  /** How loud it is now, in dB below full scale; -100 for nothing. */
  level() {
    this.analyser.getFloatTimeDomainData(this.#samples);
    const power = this.#samples.reduce((sum, sample) => sum + sample * sample, 0) / this.#samples.length;
    return Math.max(-100, 10 * Math.log10(power || 1e-10));
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    for (const track of this.stream.getTracks()) track.stop();
    this.context.close();
  }
}
