import { SegmentedControl } from "@mantine/core";
import { type CSSProperties, useState } from "react";
import { Link } from "react-router";
import type { MatrixPayload } from "../api/insight";
import { formatCount } from "../ui/format";
import { useInsightContext } from "./context";
import type { PanelProps } from "./panel";
import { TopConfusions } from "./TopConfusions";
import classes from "./matrix.module.css";

type Share = "count" | "row" | "column";

const CLASSES_DRAWN = 60;
/** Of more columns than these the names are turned, so that the cells stay narrow. */
const UPRIGHT_NAMES = 12;

/** Rows are the truth, columns the prediction. A cell opens the samples behind it. */
export function ConfusionMatrix({ payload, group, title }: PanelProps<MatrixPayload>) {
  const [share, setShare] = useState<Share>("count");
  if (payload.row_names.length > CLASSES_DRAWN) return <TopConfusions payload={payload} group={group} />;
  const totals = {
    row: payload.counts.map(sum),
    column: payload.column_names.map((_, j) => sum(payload.counts.map((row) => row[j] ?? 0))),
  };
  const right = sum(payload.row_names.map((name, i) => payload.counts[i]?.[payload.column_names.indexOf(name)] ?? 0));
  const all = sum(totals.row);
  const isTurned = payload.column_names.length > UPRIGHT_NAMES;
  return (
    <div className="column" style={{ gap: 12 }}>
      <div className="row-wrap" style={{ justifyContent: "space-between" }}>
        <span className="small muted number">
          {formatCount(right)} of {formatCount(all)} on the diagonal
          {all > 0 && ` (${((right / all) * 100).toFixed(1)} %)`}
        </span>
        <SegmentedControl
          size="xs"
          aria-label="Cells show"
          value={share}
          onChange={(value) => setShare(value as Share)}
          data={[
            { value: "count", label: "Count" },
            { value: "row", label: `% of ${payload.row_label.toLowerCase()}` },
            { value: "column", label: `% of ${payload.column_label.toLowerCase()}` },
          ]}
        />
      </div>
      <div className={classes.scroll} tabIndex={0} role="region" aria-label={`${title}, table`}>
        <table className={classes.matrix}>
          <thead>
            <tr>
              <td className={classes.corner} rowSpan={2}>
                <span>{payload.row_label} ↓</span>
              </td>
              <th scope="colgroup" colSpan={payload.column_names.length} className={classes.axis}>
                {payload.column_label} →
              </th>
            </tr>
            <tr>
              {payload.column_names.map((name) => (
                <th key={name} scope="col" className={classes.columnName} data-turned={isTurned || undefined}>
                  <span title={name}>{name}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {payload.row_names.map((rowName, i) => (
              <tr key={rowName}>
                <th scope="row" className={classes.rowName} title={rowName}>
                  {rowName}
                </th>
                {payload.column_names.map((columnName, j) => (
                  <Cell
                    key={columnName}
                    payload={payload}
                    group={group}
                    truth={rowName}
                    prediction={columnName}
                    count={payload.counts[i]?.[j] ?? 0}
                    rows={payload.sample_rows?.[i]?.[j] ?? []}
                    share={share}
                    rowTotal={totals.row[i] ?? 0}
                    columnTotal={totals.column[j] ?? 0}
                  />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

type CellProps = Pick<PanelProps<MatrixPayload>, "payload" | "group"> & {
  truth: string;
  prediction: string;
  count: number;
  rows: readonly number[];
  share: Share;
  rowTotal: number;
  columnTotal: number;
};

function Cell({ payload, group, truth, prediction, count, rows, share, rowTotal, columnTotal }: CellProps) {
  const { samplesLink } = useInsightContext();
  const total = share === "column" ? columnTotal : rowTotal;
  const part = total > 0 ? count / total : 0;
  const text =
    share === "count" ? formatCount(count) : count === 0 ? "0" : `${(part * 100).toFixed(part < 0.1 ? 1 : 0)}`;
  const filter = payload.opens_samples ? { truth, prediction } : rows.length > 0 ? { rows: [...rows] } : null;
  const link = filter && count > 0 ? samplesLink(group, filter) : null;
  return (
    <td
      className={classes.cell}
      style={cellDepth(part)}
      data-deep={part > 0.5 || undefined}
      data-right={truth === prediction || undefined}
      data-empty={count === 0 || undefined}
    >
      {link ? (
        <Link
          to={link}
          aria-label={`${payload.row_label} ${truth}, ${payload.column_label.toLowerCase()} ${prediction}: ${count}. Show samples`}
        >
          {text}
        </Link>
      ) : (
        <span>{text}</span>
      )}
    </td>
  );
}

/** Depth jumps where the text flips between dark and light, so that neither is ever hard to read. */
function cellDepth(part: number): CSSProperties {
  const light = part <= 0.5 ? part * 1.16 : 0.78 + (part - 0.5) * 0.44;
  const dark = part <= 0.5 ? part * 0.7 : 0.7 + (part - 0.5) * 0.6;
  return {
    "--depth-light": `${(light * 100).toFixed(1)}%`,
    "--depth-dark": `${(dark * 100).toFixed(1)}%`,
  } as CSSProperties;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
