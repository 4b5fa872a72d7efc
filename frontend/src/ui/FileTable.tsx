import type { RunFile } from "../api/types";
import { formatBytes } from "./format";
import { DownloadIcon } from "./icons";
import classes from "./file-table.module.css";

const KINDS: Record<RunFile["kind"], string> = {
  predictions: "Predictions",
  log: "Log",
  settings: "Settings",
  checkpoint: "Checkpoint",
  pipeline: "Pipeline",
};

export function FileTable({ files, link }: { files: RunFile[]; link: (file: RunFile) => string }) {
  return (
    <ul className={classes.files}>
      {files.map((file) => (
        <li key={file.name}>
          <div className="grow">
            <p className="strong clip" title={file.name}>
              {file.name}
            </p>
            <p className="small muted">{file.description}</p>
          </div>
          <span className={classes.kind}>{KINDS[file.kind]}</span>
          <span className="small muted number">{formatBytes(file.size_bytes)}</span>
          {file.ready ? (
            <a className={classes.get} href={link(file)} download aria-label={`Download ${file.name}`}>
              <DownloadIcon size={16} />
              Download
            </a>
          ) : (
            <span className="small muted">not yet</span>
          )}
        </li>
      ))}
    </ul>
  );
}
