import { useEffect, useRef, useState } from "react";
import { asWav } from "./wav";

/** Longer recordings are stopped; a file of that length can be chosen instead. */
const MOST_SECONDS = 600;
const BITS_A_SECOND = 256_000;

export type Microphone = {
  state: "idle" | "asking" | "recording";
  seconds: number;
  error: string | null;
  start: () => void;
  stop: () => void;
};

/** Records with the microphone of the browser; what was recorded is handed over as a WAV file. */
export function useMicrophone(onFile: (file: File) => void): Microphone {
  const [state, setState] = useState<Microphone["state"]>("idle");
  const [seconds, setSeconds] = useState(0);
  const [error, setError] = useState<string | null>(null);
  const recorder = useRef<MediaRecorder | null>(null);
  const isGone = useRef(false);
  const stop = () => {
    if (recorder.current?.state === "recording") recorder.current.stop();
  };
  useEffect(() => {
    isGone.current = false;
    return () => {
      isGone.current = true;
      release(recorder.current);
    };
  }, []);
  useEffect(() => {
    if (state !== "recording") return;
    const began = Date.now();
    const timer = setInterval(() => {
      const passed = (Date.now() - began) / 1000;
      setSeconds(passed);
      if (passed >= MOST_SECONDS) stop();
    }, 200);
    return () => clearInterval(timer);
  }, [state]);
  const start = async () => {
    setError(null);
    setSeconds(0);
    setState("asking");
    try {
      if (!navigator.mediaDevices) throw new DOMException("", "SecurityError");
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      const one = new MediaRecorder(stream, { audioBitsPerSecond: BITS_A_SECOND });
      recorder.current = one;
      if (isGone.current) return release(one);
      const pieces: Blob[] = [];
      one.ondataavailable = ({ data }) => pieces.push(data);
      one.onstop = () => {
        release(one);
        if (isGone.current) return;
        setState("idle");
        asWav(new Blob(pieces, { type: one.mimeType }), "recording.wav").then(onFile, (problem: unknown) =>
          setError(refusalOf(problem)),
        );
      };
      one.start();
      setState("recording");
    } catch (problem) {
      setState("idle");
      setError(refusalOf(problem));
    }
  };
  return { state, seconds, error, start: () => void start(), stop };
}

/** Stops the microphone, so that the browser no longer shows that it listens. */
function release(recorder: MediaRecorder | null): void {
  recorder?.stream.getTracks().forEach((track) => track.stop());
}

/** Why nothing was recorded, and what to do. */
export function refusalOf(problem: unknown): string {
  const name = problem instanceof DOMException ? problem.name : "";
  switch (name) {
    case "NotAllowedError":
      return "The browser does not let this page use the microphone. Allow it in the address bar, then try again, or choose a file.";
    case "NotFoundError":
    case "OverconstrainedError":
      return "No microphone is connected. Connect one and try again, or choose a file.";
    case "NotReadableError":
    case "AbortError":
      return "The microphone cannot be read; another program may use it. Close that and try again, or choose a file.";
    case "SecurityError":
      return "Browsers record only on pages that come over HTTPS or from this machine. Choose a file.";
    case "EncodingError":
      return "What was recorded cannot be decoded; it may be too short. Record again.";
    default:
      return "Recording failed. Try again, or choose a file.";
  }
}
