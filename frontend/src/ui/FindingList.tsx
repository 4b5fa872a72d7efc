import type { ReactNode } from "react";
import type { Finding, FindingLevel } from "../api/types";
import { plural } from "./format";
import { ErrorIcon, InfoIcon, WarningIcon } from "./icons";
import classes from "./finding-list.module.css";

const ICONS: Record<FindingLevel, ReactNode> = {
  error: <ErrorIcon size={18} />,
  warning: <WarningIcon size={18} />,
  note: <InfoIcon size={18} />,
};
const WORDS: Record<FindingLevel, string> = { error: "Error", warning: "Warning", note: "Note" };
const ORDER: FindingLevel[] = ["error", "warning", "note"];

type FindingListProps = {
  findings: Finding[];
  place?: (finding: Finding) => ReactNode;
  /** Keep the order of a refusal: its cause, which may be a warning, stands before what followed from it. */
  isCauseFirst?: boolean;
  /** The rows that a finding is about, where they can be shown. */
  rows?: (finding: Finding) => ReactNode;
};

/** Everything found, the worst first: what, where, how often, and what to do. */
export function FindingList({ findings, place, isCauseFirst = false, rows }: FindingListProps) {
  const sorted = isCauseFirst
    ? findings
    : [...findings].sort((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level));
  return (
    <ul className={classes.list}>
      {sorted.map((finding, i) => (
        <FindingLine key={`${finding.code}-${finding.path}-${i}`} finding={finding} place={place} shown={rows} />
      ))}
    </ul>
  );
}

type FindingLineProps = { finding: Finding; place: FindingListProps["place"]; shown: FindingListProps["rows"] };

function FindingLine({ finding, place, shown }: FindingLineProps) {
  const rows = finding.rows ?? [];
  const examples = (finding.examples ?? []).slice(0, 3);
  return (
    <li className={classes.finding} data-level={finding.level}>
      <span className={classes.icon}>
        {ICONS[finding.level]}
        <span className="hidden-visually">{WORDS[finding.level]}</span>
      </span>
      <div className={classes.text}>
        <p>
          <span className={classes.message}>{finding.message}</span>
          {isCounted(finding) && <span className={classes.count}>{plural(finding.count, "row")}</span>}
        </p>
        <Comparison finding={finding} />
        {finding.fix && <p className="muted">{finding.fix}</p>}
        {rows.length > 0 && (
          <p className="tiny muted number">
            {rows.length === 1 ? "Row" : "Rows"} {rows.join(", ")}
            {finding.count > rows.length && ", …"}
          </p>
        )}
        {shown?.(finding)}
        {examples.length > 0 && !examples.every((one) => finding.found?.includes(one)) && (
          <p className="tiny muted mono">{examples.join(" · ")}</p>
        )}
        <p className="tiny">
          {place ? (
            place(finding)
          ) : (
            <span className="muted mono">
              {finding.path}
              {finding.line !== null && finding.line !== undefined && `, line ${finding.line}`}
            </span>
          )}
        </p>
      </div>
    </li>
  );
}

/** Whether the number of rows is news: many messages say it themselves. */
function isCounted({ count, rows, message }: Finding): boolean {
  return count > 1 && (rows ?? []).length > 0 && !message.replaceAll(",", "").includes(String(count));
}

/** What was met and what would be right, as far as the message does not say it already. */
function Comparison({ finding }: { finding: Finding }) {
  const isNews = (text: string | undefined) => text && !finding.message.includes(text);
  const parts = [
    isNews(finding.found) && { word: "Found", text: finding.found },
    isNews(finding.expected) && { word: "Expected", text: finding.expected },
  ].filter((part) => !!part);
  if (parts.length === 0) return null;
  return (
    <dl className={classes.comparison}>
      {parts.map(({ word, text }) => (
        <div key={word}>
          <dt>{word}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

/** "2 errors, 1 warning", or what to say when there is nothing. */
export function countFindings(counts: Partial<Record<FindingLevel, number>>, nothing = "None"): string {
  const parts = ORDER.filter((level) => (counts[level] ?? 0) > 0).map((level) =>
    plural(counts[level] as number, WORDS[level].toLowerCase()),
  );
  return parts.length > 0 ? parts.join(", ") : nothing;
}
