import { Button } from "@mantine/core";
import { importMedia } from "../api/imports";
import type { Finding, Import } from "../api/types";
import { FindingList } from "../ui/FindingList";
import { formatCount, plural } from "../ui/format";
import { Section } from "../ui/Page";
import { LoadingRows } from "../ui/states";
import { Thumbnail } from "../ui/Thumbnail";
import { baseTable, type Editing } from "./choices";
import classes from "./importing.module.css";
import { ProblemChoice } from "./ProblemChoice";
import { SamplePreview } from "./SamplePreview";
import { WholeCheck } from "./WholeCheck";

const ARCHIVE_CODES = ["archive", "not_zip", "zip_bomb", "zip_link", "zip_slip", "empty_file", "no_file", "not_table"];

type CheckStepProps = { scan: Import; editing: Editing; onBack: () => void; onNext: () => void };

/** What the data looks like: tables, folders, the guessed problem type with its reasons, and what is wrong. */
export function CheckStep({ scan, editing, onBack, onNext }: CheckStepProps) {
  if (scan.state === "failed") {
    const isUnpacked = !ARCHIVE_CODES.includes(scan.error?.code ?? "");
    return (
      <div className="column" style={{ gap: 16 }}>
        <Section title={`${scan.source} could not be read${editing.choices.format ? " in this format" : ""}`}>
          <div role="alert">
            <FindingList findings={refusals(scan)} />
          </div>
        </Section>
        {isUnpacked && (
          <Section title="Choose problem type" hint="the data is checked again with your choice">
            <ProblemChoice scan={scan} editing={editing} />
          </Section>
        )}
        <div>
          <Button variant="default" onClick={onBack}>
            Choose another source
          </Button>
        </div>
      </div>
    );
  }
  if (scan.state === "scanning" && scan.tables.length === 0 && !editing.choices.problem_type)
    return (
      <div className="column">
        <p className="muted" role="status">
          Reading {scan.source}: unpacking, reading tables, matching files.
        </p>
        <LoadingRows rows={6} />
      </div>
    );
  const missing = missingToContinue(scan, editing);
  return (
    <div className="column" style={{ gap: 28 }}>
      <ProblemChoice scan={scan} editing={editing} />
      <Section title="Contents">
        <Contents scan={scan} />
      </Section>
      <WholeCheck scan={scan} />
      {scan.samples.length > 0 && (
        <Section title="First samples" hint={editing.isChecking ? "checking again" : undefined}>
          <SamplePreview scan={scan} />
        </Section>
      )}
      <Section title={`First rows of ${baseTable(editing.choices) ?? "the table"}`}>
        <Preview scan={scan} />
      </Section>
      <footer className={classes.footer}>
        <Button variant="default" onClick={onBack}>
          Back
        </Button>
        <Button onClick={onNext} disabled={missing !== null}>
          Continue to columns
        </Button>
        {missing !== null && <span className="small muted">{missing}</span>}
      </footer>
    </div>
  );
}

/** Why there is no next step yet, or null. */
function missingToContinue(scan: Import, { choices }: Editing): string | null {
  if (scan.state !== "ready") return "The data is still being read.";
  return choices.problem_type ? null : "Choose a problem type first.";
}

function Contents({ scan }: { scan: Import }) {
  return (
    <ul className={classes.contents}>
      {scan.tables.map((table) => (
        <li key={table.name}>
          <strong className="clip" title={table.name}>
            {table.name}
          </strong>
          <span className="small muted number">
            {plural(table.rows, "row")}, {plural(table.columns.length, "column")}
          </span>
        </li>
      ))}
      {scan.folders.map((folder) => (
        <li key={folder.name}>
          <strong className="clip">{folder.name === "." ? "(top folder)" : `${folder.name}/`}</strong>
          <span className="small muted number">
            {plural(folder.files, "file")}:{" "}
            {Object.entries(folder.kinds)
              .map(([kind, count]) => `${formatCount(count)} ${kind}`)
              .join(", ")}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Preview({ scan }: { scan: Import }) {
  const { columns, rows } = scan.preview;
  const hasMedia = rows.some((row) => row.media !== null);
  return (
    <div className={classes.tableScroll} tabIndex={0} role="region" aria-label="First rows">
      <table className={classes.preview}>
        <thead>
          <tr>
            <th scope="col">Row</th>
            {hasMedia && <th scope="col">File</th>}
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.row}>
              <td className="number muted">{row.row}</td>
              {hasMedia && (
                <td>
                  {row.media && (
                    <Thumbnail src={importMedia(scan.id, row.media.path, 256)} alt={`File of row ${row.row}`} />
                  )}
                </td>
              )}
              {row.cells.map((cell, i) => (
                <td key={i}>
                  <span className={classes.cellText} title={cell}>
                    {cell}
                  </span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Why nothing could be read: what was found, or the one thing that ended it before anything was. */
function refusals(scan: Import): Finding[] {
  if (scan.findings.some((finding) => finding.level === "error")) return scan.findings;
  const { error } = scan;
  const whole: Finding = {
    level: "error",
    code: error?.code ?? "no_table",
    path: scan.source,
    message: error?.message ?? "The upload contains no table.",
    found: error?.found ?? "",
    expected: error?.expected ?? "",
    fix: error?.hint ?? "",
    line: null,
    count: 1,
    rows: [],
    examples: [],
  };
  return [whole, ...scan.findings];
}
