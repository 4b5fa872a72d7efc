import { Button } from "@mantine/core";
import { useProblemTypes } from "../api/catalogue";
import { importMedia } from "../api/imports";
import type { Import } from "../api/types";
import { FindingList } from "../ui/FindingList";
import { formatCount, plural } from "../ui/format";
import { SelectInput } from "../ui/inputs";
import { Section } from "../ui/Page";
import { ErrorPanel, LoadingRows } from "../ui/states";
import type { Editing } from "./choices";
import classes from "./importing.module.css";

type CheckStepProps = { scan: Import; editing: Editing; onBack: () => void; onNext: () => void };

/** What the data looks like: tables, folders, the guessed problem type with its reasons, and what is wrong. */
export function CheckStep({ scan, editing, onBack, onNext }: CheckStepProps) {
  if (scan.state === "failed") {
    return (
      <div className="column" style={{ gap: 16 }}>
        <ErrorPanel
          title={`${scan.source} could not be read.`}
          error={Object.assign(new Error(scan.error?.message ?? "Nothing in it is a table."))}
        />
        {scan.error?.hint && <p className="muted">{scan.error.hint}</p>}
        <div>
          <Button variant="default" onClick={onBack}>
            Choose another source
          </Button>
        </div>
      </div>
    );
  }
  if (scan.state === "scanning" && scan.tables.length === 0)
    return (
      <div className="column">
        <p className="muted" role="status">
          Looking at {scan.source}: unpacking, reading tables, matching files.
        </p>
        <LoadingRows rows={6} />
      </div>
    );
  return (
    <div className="column" style={{ gap: 28 }}>
      <ProblemChoice scan={scan} editing={editing} />
      <Section title="What is in it">
        <Contents scan={scan} />
      </Section>
      {scan.findings.length > 0 && (
        <Section title="Found" hint="errors must be mended before the import, the rest is for you to know">
          <FindingList findings={scan.findings} />
        </Section>
      )}
      <Section title={`First rows of ${editing.choices.train ?? "the table"}`}>
        <Preview scan={scan} />
      </Section>
      <footer className={classes.footer}>
        <Button variant="default" onClick={onBack}>
          Back
        </Button>
        <Button onClick={onNext} disabled={scan.state !== "ready"}>
          Continue to columns
        </Button>
      </footer>
    </div>
  );
}

function ProblemChoice({ scan, editing }: { scan: Import; editing: Editing }) {
  const types = useProblemTypes().data ?? [];
  const chosen = editing.choices.problem_type;
  const guess = scan.guesses.find((one) => one.problem_type === chosen);
  const type = types.find((one) => one.id === chosen);
  return (
    <section className={classes.guess}>
      <div className={classes.guessChoice}>
        <SelectInput
          label="Problem type"
          size="md"
          data={types.map((one) => ({ value: one.id, label: one.title }))}
          value={chosen}
          placeholder="Choose"
          onChange={(value) => editing.change({ problem_type: value, roles: {} })}
        />
        {type && type.dataset_formats.length > 1 && (
          <SelectInput
            label="Format"
            size="md"
            data={type.dataset_formats.map((format) => ({ value: format, label: format }))}
            value={editing.choices.format ?? type.dataset_formats[0] ?? null}
            onChange={(format) => editing.change({ format })}
          />
        )}
        {type && <p className="small muted">{type.description}</p>}
      </div>
      <div className="column" style={{ gap: 6 }}>
        <strong>
          {guess
            ? guess.confidence >= 0.8
              ? "This is what the data looks like"
              : "The data may be this"
            : scan.guesses.length === 0
              ? "No problem type fits this data by itself"
              : "Your choice"}
        </strong>
        <ul className={classes.reasons}>
          {(
            guess?.reasons ??
            (scan.guesses.length === 0 ? ["Choose the type and say which column is what in the next step."] : [])
          ).map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
        {scan.guesses
          .filter((one) => one.problem_type !== chosen)
          .map((one) => (
            <p key={one.problem_type} className="small muted">
              Also possible:{" "}
              <button
                type="button"
                className={classes.textButton}
                onClick={() => editing.change({ problem_type: one.problem_type, roles: {} })}
              >
                {types.find((entry) => entry.id === one.problem_type)?.title ?? one.problem_type}
              </button>
            </p>
          ))}
      </div>
    </section>
  );
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
                    <img
                      className={classes.thumb}
                      src={importMedia(scan.id, row.media.path)}
                      alt={`File of row ${row.row}`}
                      loading="lazy"
                    />
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
