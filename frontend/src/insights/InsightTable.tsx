import { useState } from "react";
import { Link } from "react-router";
import type { TablePayload } from "../api/insight";
import { SelectInput } from "../ui/inputs";
import { formatCount, formatMetric } from "../ui/format";
import { useInsightContext } from "./context";
import type { PanelProps } from "./panel";
import classes from "./insights.module.css";

/** Rows of figures, sorted by any column; a row with a filter opens its samples. */
export function InsightTable({ payload, group, title }: PanelProps<TablePayload>) {
  const by = payload.chosen_by ? payload.columns.indexOf(payload.chosen_by) : -1;
  return by < 0 ? (
    <SortedTable payload={payload} group={group} title={title} />
  ) : (
    <ChosenTable payload={payload} group={group} title={title} by={by} />
  );
}

/** The rows of one value of a column; which one, is chosen above the table. */
function ChosenTable({ payload, group, title, by }: PanelProps<TablePayload> & { by: number }) {
  const choices = [...new Set(payload.rows.map((row) => String(row[by])))];
  const [choice, setChoice] = useState<string | null>(null);
  const chosen = choice ?? choices[0] ?? "";
  const kept = payload.rows.flatMap((row, i) => (String(row[by]) === chosen ? [i] : []));
  const others = <T,>(cells: T[]): T[] => cells.filter((_, i) => i !== by);
  const shown: TablePayload = {
    ...payload,
    columns: others(payload.columns),
    rows: kept.map((i) => others(payload.rows[i] ?? [])),
    filters: kept.map((i) => payload.filters[i] ?? null),
  };
  return (
    <>
      <SelectInput
        size="xs"
        w={260}
        maw="100%"
        label={payload.chosen_by}
        data={choices}
        value={chosen}
        onChange={setChoice}
      />
      <SortedTable key={chosen} payload={shown} group={group} title={title} />
    </>
  );
}

function SortedTable({ payload, group, title }: PanelProps<TablePayload>) {
  const { samplesLink } = useInsightContext();
  const [sort, setSort] = useState<{ column: number; isFalling: boolean } | null>(null);
  const isNumber = payload.columns.map((_, i) => payload.rows.some((row) => typeof row[i] === "number"));
  const isShare = payload.columns.map(
    (_, i) =>
      isNumber[i] === true &&
      payload.rows.every((row) => isShareCell(row[i] ?? null)) &&
      payload.rows.some((row) => !Number.isInteger(row[i])),
  );
  const order = payload.rows.map((_, i) => i);
  if (sort)
    order.sort(
      (a, b) =>
        compare(payload.rows[a]?.[sort.column] ?? null, payload.rows[b]?.[sort.column] ?? null) *
        (sort.isFalling ? -1 : 1),
    );
  return (
    <div className={classes.tableScroll} tabIndex={0} role="region" aria-label={`${title}, table`}>
      <table className={classes.table}>
        <thead>
          <tr>
            {payload.columns.map((column, i) => (
              <th
                key={column}
                scope="col"
                data-number={isNumber[i] || undefined}
                aria-sort={sort?.column === i ? (sort.isFalling ? "descending" : "ascending") : undefined}
              >
                <button
                  type="button"
                  onClick={() =>
                    setSort({ column: i, isFalling: sort?.column === i ? !sort.isFalling : (isNumber[i] ?? false) })
                  }
                >
                  {column}
                  {sort?.column === i && <span aria-hidden="true"> {sort.isFalling ? "↓" : "↑"}</span>}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {order.map((i) => {
            const filter = payload.filters[i];
            const link = filter ? samplesLink(group, filter) : null;
            return (
              <tr key={i}>
                {payload.rows[i]?.map((cell, j) => (
                  <td key={j} data-number={isNumber[j] || undefined}>
                    {j === 0 && link ? <Link to={link}>{show(cell, isShare[j])}</Link> : show(cell, isShare[j])}
                    {isShare[j] && typeof cell === "number" && (
                      <span className={classes.share} aria-hidden="true">
                        <i style={{ width: `${cell * 100}%` }} />
                      </span>
                    )}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function isShareCell(cell: string | number | null): boolean {
  return cell === null || (typeof cell === "number" && cell >= 0 && cell <= 1);
}

function show(cell: string | number | null, isShare = false): string {
  if (cell === null) return "–";
  if (isShare && typeof cell === "number") return cell.toFixed(3);
  return typeof cell === "string" ? cell : Number.isInteger(cell) ? formatCount(cell) : formatMetric(cell);
}

function compare(a: string | number | null, b: string | number | null): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a ?? "").localeCompare(String(b ?? ""), "en", { numeric: true });
}
