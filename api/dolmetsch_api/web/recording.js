/** A recording in slices. Only its first slice holds the header, so a server that knows nothing needs a new one. */

const KINDS = ["audio/webm;codecs=opus", "audio/webm", "audio/ogg;codecs=opus", "audio/mp4"];
const SLICE_MS = 250;

export class Recording {
  /**
   * @param {MediaStream} stream
   * @param {(slice: Blob) => void} onSlice
   * @param {(message: string) => void} onTrouble the browser ended the recording
   */
  constructor(stream, onSlice, onTrouble) {
    const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
    this.recorder = new MediaRecorder(stream, { mimeType });
    this.recorder.ondataavailable = ({ data }) => data.size && onSlice(data);
    this.recorder.onerror = (event) => onTrouble(event.error?.message ?? "unknown error");
    this.recorder.start(SLICE_MS);
  }

  /** End it; the last slice has been handed over when this resolves. */
  async finish() {
    if (this.recorder.state === "inactive") return;
    await new Promise((resolve) => {
      this.recorder.onstop = resolve;
      this.recorder.stop();
    });
  }

  /** End it and forget the rest. */
  drop() {
    this.recorder.ondataavailable = null;
    if (this.recorder.state !== "inactive") this.recorder.stop();
  }
}
