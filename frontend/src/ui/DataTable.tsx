import { useVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, type ReactNode, useLayoutEffect, useRef, useState } from "react";
import { useShortcuts } from "./keys";
import classes from "./data-table.module.css";

export type TableColumn<Row> = {
  id: string;
  title: string;
  cell: (row: Row) => ReactNode;
  /** Makes the column sortable. */
  sortValue?: (row: Row) => string | number | null;
  isNumber?: boolean;
  /** Hidden when the window is narrower, in px. */
  hideBelow?: 600 | 900 | 1200;
  width?: string;
};

type DataTableProps<Row> = {
  label: string;
  rows: Row[];
  columns: TableColumn<Row>[];
  rowKey: (row: Row) => string;
  /** Column id, with "-" in front for falling order. */
  sort: string;
  onSort: (sort: string) => void;
};

const ROW_HEIGHT = 53;
const VIRTUAL_FROM = 80;

/** A real table: sortable heads, j and k move between rows, long lists keep only what is seen in the page. */
export function DataTable<Row>({ label, rows, columns, rowKey, sort, onSort }: DataTableProps<Row>) {
  const body = useRef<HTMLTableSectionElement>(null);
  const sorted = sortRows(rows, columns, sort);
  const { shown, before, after } = useVisibleRows(sorted, body);
  useRowKeys(body);
  return (
    <div className={classes.frame}>
      <table className={classes.table} aria-label={label} aria-rowcount={rows.length + 1}>
        <thead>
          <tr>
            {columns.map((column) => (
              <HeadCell key={column.id} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {before > 0 && <tr aria-hidden="true" style={{ height: before }} />}
          {shown.map(({ row, index }) => (
            <tr key={rowKey(row)} aria-rowindex={index + 2} data-row>
              {columns.map((column) => (
                <td key={column.id} data-number={column.isNumber || undefined} data-hide={column.hideBelow}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
          {after > 0 && <tr aria-hidden="true" style={{ height: after }} />}
        </tbody>
      </table>
    </div>
  );
}

function HeadCell<Row>({
  column,
  sort,
  onSort,
}: {
  column: TableColumn<Row>;
  sort: string;
  onSort: (sort: string) => void;
}) {
  const direction = sort === column.id ? "ascending" : sort === `-${column.id}` ? "descending" : undefined;
  const attributes = {
    scope: "col",
    "data-number": column.isNumber || undefined,
    "data-hide": column.hideBelow,
    style: { "--width": column.width } as CSSProperties,
  };
  if (column.sortValue === undefined)
    return (
      <th {...attributes}>{column.title === "" ? <span className="hidden-visually">Actions</span> : column.title}</th>
    );
  return (
    <th {...attributes} aria-sort={direction}>
      <button
        type="button"
        className={classes.sort}
        onClick={() => onSort(direction === "descending" ? column.id : `-${column.id}`)}
      >
        {column.title}
        <span aria-hidden="true" className={classes.arrow}>
          {direction === "ascending" ? "↑" : direction === "descending" ? "↓" : ""}
        </span>
      </button>
    </th>
  );
}

function sortRows<Row>(rows: Row[], columns: TableColumn<Row>[], sort: string): Row[] {
  const isFalling = sort.startsWith("-");
  const value = columns.find((column) => column.id === sort.replace(/^-/, ""))?.sortValue;
  if (value === undefined) return rows;
  return [...rows].sort((a, b) => compare(value(a), value(b), isFalling));
}

/** Missing values come last whichever way the column is sorted. */
function compare(a: string | number | null, b: string | number | null, isFalling: boolean): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const order =
    typeof a === "number" && typeof b === "number"
      ? a - b
      : String(a).localeCompare(String(b), "en", { numeric: true });
  return isFalling ? -order : order;
}

function useVisibleRows<Row>(rows: Row[], body: { current: HTMLTableSectionElement | null }) {
  const [offset, setOffset] = useState(0);
  const isVirtual = rows.length > VIRTUAL_FROM;
  useLayoutEffect(() => {
    const top = body.current?.getBoundingClientRect().top ?? 0;
    setOffset(top + scrollArea().scrollTop);
  }, [body, isVirtual]);
  const virtual = useVirtualizer({
    count: isVirtual ? rows.length : 0,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
    scrollMargin: offset,
    getScrollElement: scrollArea,
  });
  if (!isVirtual) return { shown: rows.map((row, index) => ({ row, index })), before: 0, after: 0 };
  const items = virtual.getVirtualItems();
  const first = items[0];
  const last = items.at(-1);
  return {
    shown: items.map((item) => ({ row: rows[item.index] as Row, index: item.index })),
    before: first ? first.start - offset : 0,
    after: last ? virtual.getTotalSize() - (last.end - offset) : 0,
  };
}

function scrollArea(): HTMLElement {
  return document.scrollingElement as HTMLElement;
}

function useRowKeys(body: { current: HTMLTableSectionElement | null }): void {
  const move = (by: number) => {
    const links = [...(body.current?.querySelectorAll<HTMLElement>("[data-row-link]") ?? [])];
    const now = links.indexOf(document.activeElement as HTMLElement);
    links[Math.min(links.length - 1, Math.max(0, now + by))]?.focus();
  };
  useShortcuts({ j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1) });
}
