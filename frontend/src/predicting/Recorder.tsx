import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import { MicrophoneIcon, StopIcon } from "../ui/icons";
import classes from "../pages/predict.module.css";
import { useMicrophone } from "./use-microphone";

type RecorderProps = { onFile: (file: File) => void; isBusy: boolean };

/** Records with the microphone; what was recorded is listened to first and predicted on request. */
export function Recorder({ onFile, isBusy }: RecorderProps) {
  const [file, setFile] = useState<File | null>(null);
  const [url, setUrl] = useState<string | null>(null);
  const microphone = useMicrophone(setFile);
  useEffect(() => {
    if (file === null) return;
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  const isRecording = microphone.state === "recording";
  return (
    <section className={classes.recorder} aria-label="Recorder">
      <div className="row-wrap" style={{ gap: 12 }}>
        {isRecording ? (
          <Button leftSection={<StopIcon size={16} />} color="red" onClick={microphone.stop}>
            Stop
          </Button>
        ) : (
          <Button
            variant="default"
            leftSection={<MicrophoneIcon size={16} />}
            loading={microphone.state === "asking"}
            disabled={isBusy}
            onClick={microphone.start}
          >
            {file ? "Record again" : "Record"}
          </Button>
        )}
        <span className="small muted number" role="timer" aria-live="off">
          {isRecording && `Recording, ${clockOf(microphone.seconds)}`}
        </span>
        {file && !isRecording && (
          <Button loading={isBusy} onClick={() => onFile(file)}>
            Predict recording
          </Button>
        )}
      </div>
      {url && !isRecording && <audio src={url} controls aria-label="Your recording" />}
      {microphone.error && (
        <p className="small" role="alert">
          {microphone.error}
        </p>
      )}
    </section>
  );
}

/** Minutes and seconds: 1:05. */
export function clockOf(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds) % 60).padStart(2, "0")}`;
}
