import { importMedia } from "../api/imports";
import type { Finding, Import } from "../api/types";
import { countFindings, FindingList } from "../ui/FindingList";
import { Section } from "../ui/Page";
import { Thumbnail } from "../ui/Thumbnail";
import { LoadingRows } from "../ui/states";
import classes from "./importing.module.css";

type Row = NonNullable<Import["check"]>["rows"][number];

/** Everything found so far: the first look, and the check of every row and file as soon as it is over. */
export function allFindings(scan: Import): Finding[] {
  const checked = scan.check?.findings ?? [];
  const isTold = (one: Finding) => checked.some((other) => other.path === one.path && other.message === one.message);
  return [...checked, ...scan.findings.filter((one) => !isTold(one))];
}

/** What an import with these choices would leave out, repair or refuse, with the rows it is about. */
export function WholeCheck({ scan }: { scan: Import }) {
  const { check } = scan;
  const findings = allFindings(scan);
  if (findings.length === 0 && check?.state !== "running" && !check?.reason) return null;
  return (
    <Section title="Findings" hint={hintOf(scan, findings)}>
      {check?.state === "running" && (
        <div role="status">
          <p className="small muted">Every row and file is checked. You can go on meanwhile.</p>
          <LoadingRows rows={1} height={32} />
        </div>
      )}
      {check?.reason && <p className="small muted">{check.reason}</p>}
      <FindingList findings={findings} rows={(finding) => <RowsOf finding={finding} scan={scan} />} />
    </Section>
  );
}

function hintOf(scan: Import, findings: Finding[]): string | undefined {
  if (findings.length === 0) return undefined;
  const count = (level: Finding["level"]) => findings.filter((one) => one.level === level).length;
  const counts = countFindings({ error: count("error"), warning: count("warning") }, "No problems");
  return `${counts}${scan.check?.state === "done" ? ", every row checked" : ""}. Fix errors before importing. Warnings do not block.`;
}

function RowsOf({ finding, scan }: { finding: Finding; scan: Import }) {
  const table = finding.path.split(": ")[0];
  const rows = (scan.check?.rows ?? []).filter((row) => row.table === table && finding.rows?.includes(row.row));
  if (rows.length === 0) return null;
  return (
    <details className={classes.findingRows} open={finding.level === "error"}>
      <summary className="small">{rows.length === 1 ? "Show the row" : `Show ${rows.length} rows`}</summary>
      <ul>
        {rows.map((row) => (
          <FindingRow key={row.row} row={row} importId={scan.id} />
        ))}
      </ul>
    </details>
  );
}

function FindingRow({ row, importId }: { row: Row; importId: string }) {
  return (
    <li>
      {row.media && <Thumbnail src={importMedia(importId, row.media, 256)} alt={`File of row ${row.row}`} />}
      <span className="number muted">Row {row.row}</span>
      <span className={classes.findingCells}>
        {Object.entries(row.cells).map(([column, cell]) => (
          <span key={column}>
            <span className="muted">{column}</span> {cell === "" ? <em>empty</em> : cell}
          </span>
        ))}
      </span>
    </li>
  );
}
