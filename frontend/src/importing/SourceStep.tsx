import { Button, TextInput } from "@mantine/core";
import { useRef, useState } from "react";
import { useProblemTypes } from "../api/catalogue";
import { useImportRoots, usePrepareImport, useStartImport } from "../api/imports";
import type { Import } from "../api/types";
import { uploadFile } from "../api/uploads";
import { FileDrop } from "../ui/FileDrop";
import { formatBytes } from "../ui/format";
import { FolderIcon, UploadIcon } from "../ui/icons";
import { ErrorPanel } from "../ui/states";
import { ProgressBar } from "../ui/Status";
import classes from "./importing.module.css";

type Sending = { file: File; sent: number };
type SourceStepProps = { current: Import | null; onStarted: (started: Import) => void; onContinue: () => void };

/** Where the data is: a file of this computer, or a path the server may read. */
export function SourceStep({ current, onStarted, onContinue }: SourceStepProps) {
  const start = useStartImport();
  usePrepareImport();
  const [sending, setSending] = useState<Sending | null>(null);
  const [error, setError] = useState<unknown>(null);
  const abort = useRef<AbortController | null>(null);
  const send = async (file: File) => {
    const controller = new AbortController();
    abort.current = controller;
    setError(null);
    setSending({ file, sent: 0 });
    try {
      const upload = await uploadFile(file, (sent) => setSending({ file, sent }), controller.signal);
      onStarted(await start.mutateAsync({ upload_id: upload }));
    } catch (problem) {
      if (!controller.signal.aborted) setError(problem);
    } finally {
      setSending(null);
    }
  };
  return (
    <div className={classes.source}>
      {sending ? (
        <SendingPanel sending={sending} onCancel={() => abort.current?.abort()} />
      ) : (
        <FileDrop
          label="Dataset file"
          accept=".zip,.csv,.parquet,.pq,.jsonl,.tsv,.gz,.json,.conll,.conllu,.bio,.iob,.txt"
          title="Drop a file here"
          icon={<UploadIcon size={26} />}
          button="Choose file"
          isPrimary
          onFile={(file) => void send(file)}
        >
          <p className="muted small">
            A table (csv, parquet, jsonl), a file of an annotation tool, or a zip of images, recordings, volumes or
            texts with their labels. Up to 20 GB; an interrupted upload resumes where it stopped.
          </p>
        </FileDrop>
      )}
      {!sending && <KnownFormats />}
      {error !== null && <ErrorPanel title="Upload failed." error={error} />}
      <ServerPath
        onStart={(path) => start.mutate({ path }, { onSuccess: onStarted })}
        isBusy={start.isPending && sending === null}
        error={sending === null && error === null ? start.error : null}
      />
      {current && !sending && (
        <p className="small muted">
          Already read: <strong>{current.source}</strong>.{" "}
          <button type="button" className={classes.textButton} onClick={onContinue}>
            Continue with it
          </button>
        </p>
      )}
    </div>
  );
}

/** The formats that some problem type reads, each once. */
function KnownFormats() {
  const types = useProblemTypes().data ?? [];
  const layouts = new Map(types.flatMap((type) => type.dataset_formats.map(({ title, layout }) => [title, layout])));
  if (layouts.size === 0) return null;
  return (
    <details className="small muted">
      <summary>{layouts.size} formats are recognised</summary>
      <ul>
        {[...layouts].sort().map(([title, layout]) => (
          <li key={title}>
            <strong>{title}</strong>: {layout}
          </li>
        ))}
      </ul>
    </details>
  );
}

function SendingPanel({ sending: { file, sent }, onCancel }: { sending: Sending; onCancel: () => void }) {
  const share = file.size > 0 ? sent / file.size : 1;
  return (
    <div className={classes.sending} role="status">
      <div className="spread">
        <strong className="clip">{file.name}</strong>
        <span className="number small muted">
          {formatBytes(sent)} of {formatBytes(file.size)}
        </span>
      </div>
      <ProgressBar value={share} label={`Upload of ${file.name}`} />
      <div className="spread">
        <span className="small muted">{share >= 1 ? "Unpacking and reading tables" : "Uploading"}</span>
        <Button size="xs" variant="default" onClick={onCancel} disabled={share >= 1}>
          Cancel upload
        </Button>
      </div>
    </div>
  );
}

function ServerPath({ onStart, isBusy, error }: { onStart: (path: string) => void; isBusy: boolean; error: unknown }) {
  const [path, setPath] = useState("");
  const roots = useImportRoots().data?.roots ?? [];
  return (
    <form
      className={classes.path}
      onSubmit={(event) => (event.preventDefault(), path.trim() !== "" && onStart(path.trim()))}
    >
      <h2>Or a path on the server</h2>
      <div className={classes.pathLine}>
        <TextInput
          className="grow"
          aria-label="Path on the server"
          placeholder="Folder, zip or table"
          leftSection={<FolderIcon size={16} />}
          value={path}
          onChange={(event) => setPath(event.currentTarget.value)}
          styles={{ input: { fontFamily: "var(--mono)", fontSize: 13 } }}
        />
        <Button type="submit" variant="default" loading={isBusy} disabled={path.trim() === ""}>
          Read path
        </Button>
      </div>
      {roots.length > 0 ? (
        <p className="small muted">
          Inside one of these folders:{" "}
          {roots.map((root) => (
            <button
              key={root}
              type="button"
              className={`${classes.textButton} mono`}
              onClick={() => setPath(root.endsWith("/") ? root : `${root}/`)}
            >
              {root}
            </button>
          ))}
        </p>
      ) : (
        <p className="small muted">
          No server folder is enabled for imports. Start the server with --import-root FOLDER to enable one.
        </p>
      )}
      {error !== null && <ErrorPanel title="The path could not be read." error={error} />}
    </form>
  );
}
