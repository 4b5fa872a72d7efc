import { useRef, useState } from "react";
import { useNavigate } from "react-router";
import { Button } from "@mantine/core";
import { useStartPrediction } from "../api/predictions";
import type { ProblemType, Run } from "../api/types";
import { uploadFile } from "../api/uploads";
import { FileDrop } from "../ui/FileDrop";
import { formatBytes } from "../ui/format";
import { ErrorPanel } from "../ui/states";
import { ProgressBar } from "../ui/Status";
import classes from "../pages/predict.module.css";
import { BadRowsSwitch } from "./BadRowsSwitch";
import { ColumnMapping } from "./ColumnMapping";
import { type ChosenColumns, offerOf, sentColumns } from "./columns";
import { needsRow } from "./inputs";
import { StartError } from "./StartError";

type FileFormProps = { run: Run; type: ProblemType };

/** A table, a zip of files, or a table with its files, sent and predicted as work in the queue. */
export function FileForm({ run, type }: FileFormProps) {
  const medium = needsRow(type) ? null : type.medium;
  const [sending, setSending] = useState<{ file: File; sent: number } | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isRefused, setIsRefused] = useState(false);
  const abort = useRef<AbortController | null>(null);
  const [uploaded, setUploaded] = useState<string | null>(null);
  const start = useStartPrediction();
  const navigate = useNavigate();
  const offer = offerOf(start.error);
  const predict = (upload_id: string, columns: ChosenColumns = {}) =>
    start.mutateAsync(
      { run_id: run.id, upload_id, columns: sentColumns(columns), refuse_bad_rows: isRefused },
      { onSuccess: (prediction) => void navigate(`/predictions/${prediction.id}`) },
    );
  const send = async (file: File) => {
    const controller = new AbortController();
    abort.current = controller;
    setError(null);
    setSending({ file, sent: 0 });
    try {
      const upload_id = await uploadFile(file, (sent) => setSending({ file, sent }), controller.signal);
      setUploaded(upload_id);
      await predict(upload_id);
    } catch (problem) {
      if (!controller.signal.aborted) setError(problem);
    } finally {
      setSending(null);
    }
  };
  return (
    <div className={classes.form}>
      <BadRowsSwitch isRefused={isRefused} onRefused={setIsRefused} />
      {sending ? (
        <div className={classes.sending} role="status">
          <div className="spread">
            <strong className="clip">{sending.file.name}</strong>
            <span className="small muted number">
              {formatBytes(sending.sent)} of {formatBytes(sending.file.size)}
            </span>
          </div>
          <ProgressBar
            value={sending.file.size > 0 ? sending.sent / sending.file.size : 1}
            label={`Upload of ${sending.file.name}`}
          />
          <div>
            <Button size="xs" variant="default" onClick={() => abort.current?.abort()}>
              Cancel upload
            </Button>
          </div>
        </div>
      ) : (
        <FileDrop
          label="File to predict on"
          accept={`.zip,.csv,.tsv,.parquet,.jsonl,.json${medium ? `,${medium}/*` : ""}`}
          title={
            medium
              ? `Drop a zip, a table or an ${medium} file here`
              : type.medium
                ? "Drop a zip here"
                : "Drop a table here"
          }
          button="Choose file"
          onFile={(file) => void send(file)}
        >
          <p className="small muted">
            {medium
              ? `A zip of ${medium} files, or a zip with a table and its media folder.`
              : type.medium
                ? `A zip with a table that has the columns the model was trained on, and its folder of ${type.medium} files.`
                : "A csv, parquet or jsonl table with the columns the model was trained on, alone or in a zip."}{" "}
            The result is a table to download.
          </p>
        </FileDrop>
      )}
      {error !== null && error !== start.error && <ErrorPanel title="The upload failed." error={error} />}
      {start.error && <StartError error={start.error} />}
      {offer && uploaded && (
        <ColumnMapping
          key={uploaded}
          offer={offer}
          type={type}
          isPending={start.isPending}
          onChoose={(columns) => void predict(uploaded, columns).catch(() => undefined)}
        />
      )}
    </div>
  );
}
