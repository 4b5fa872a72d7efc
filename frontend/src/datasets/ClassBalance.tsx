import { useState } from "react";
import type { DatasetTable, LabelPart } from "../api/types";
import { formatCount } from "../ui/format";
import { Legend } from "../insights/Legend";
import classes from "./datasets.module.css";

const SHOWN = 20;

/** Counts by class as stacked bars, the largest class first; each table has its colour. */
export function ClassBalance({ labels, tables }: { labels: LabelPart; tables: DatasetTable[] }) {
  const [isAll, setIsAll] = useState(false);
  const names = tables.map((table) => table.name).filter((name) => name in labels.counts);
  const rows = labels.names
    .map((label) => ({ label, counts: names.map((name) => labels.counts[name]?.[label] ?? 0) }))
    .map((row) => ({ ...row, total: row.counts.reduce((sum, count) => sum + count, 0) }))
    .sort((a, b) => b.total - a.total);
  const largest = Math.max(1, ...rows.map((row) => row.total));
  const shown = isAll ? rows : rows.slice(0, SHOWN);
  return (
    <div className="column">
      {names.length > 1 && <Legend names={names} />}
      <table className={classes.balance}>
        <colgroup>
          <col />
          <col />
          <col />
        </colgroup>
        <thead className="hidden-visually">
          <tr>
            <th scope="col">Class</th>
            <th scope="col">Share</th>
            <th scope="col">Rows</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={row.label}>
              <th scope="row" className="clip" title={row.label}>
                {row.label}
              </th>
              <td>
                <div className={classes.stack} style={{ width: `${(row.total / largest) * 100}%` }}>
                  {row.counts.map(
                    (count, i) =>
                      count > 0 && (
                        <span
                          key={names[i]}
                          style={{ flexGrow: count, background: `var(--series-${i % 8})` }}
                          title={`${names[i]}: ${formatCount(count)}`}
                        />
                      ),
                  )}
                </div>
              </td>
              <td className={classes.balanceCount}>
                {formatCount(row.total)}
                {names.length > 1 && (
                  <span className="hidden-visually">
                    {" "}
                    ({row.counts.map((count, i) => `${names[i]} ${count}`).join(", ")})
                  </span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > SHOWN && (
        <div>
          <button type="button" className={classes.textButton} onClick={() => setIsAll(!isAll)}>
            {isAll ? "Show fewer" : `Show all ${formatCount(rows.length)} classes`}
          </button>
        </div>
      )}
    </div>
  );
}
