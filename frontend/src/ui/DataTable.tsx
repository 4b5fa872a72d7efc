import { Skeleton } from "@mantine/core";
import { type CSSProperties, type ReactNode, useRef } from "react";
import { useDrawnRows, useRangeReport, useRowKeys } from "./table-rows";
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

type Sorted = {
  /** Column id, with "-" in front for falling order. */
  sort: string;
  onSort: (sort: string) => void;
};

type DataTableProps<Row> = Sorted & {
  label: string;
  rows: Row[];
  columns: TableColumn<Row>[];
  rowKey: (row: Row) => string;
};

/** A table of rows that are all here, sorted here. */
export function DataTable<Row>({ rows, ...rest }: DataTableProps<Row>) {
  const sorted = sortRows(rows, rest.columns, rest.sort);
  return <PagedTable count={sorted.length} rowAt={(index) => sorted[index]} {...rest} />;
}

type PagedTableProps<Row> = Sorted & {
  label: string;
  count: number;
  /** A row, or nothing while it is on its way. */
  rowAt: (index: number) => Row | undefined;
  columns: TableColumn<Row>[];
  rowKey: (row: Row) => string;
  /** Which rows are drawn and have to be there. */
  onRange?: (first: number, last: number) => void;
};

/** A real table over rows that may come piece by piece, in the order they have; long ones draw only what is in sight. */
export function PagedTable<Row>({ label, count, rowAt, columns, rowKey, sort, onSort, onRange }: PagedTableProps<Row>) {
  const body = useRef<HTMLTableSectionElement>(null);
  const { indexes, before, after } = useDrawnRows(count, body);
  useRangeReport(indexes, onRange);
  useRowKeys(body);
  return (
    <div className={classes.frame}>
      <table className={classes.table} aria-label={label} aria-rowcount={count + 1}>
        <thead>
          <tr>
            {columns.map((column) => (
              <HeadCell key={column.id} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {before > 0 && <Gap height={before} />}
          {indexes.map((index) => {
            const row = rowAt(index);
            return (
              <tr
                key={row === undefined ? `waiting ${index}` : rowKey(row)}
                aria-rowindex={index + 2}
                data-row={row !== undefined || undefined}
                data-loading={row === undefined || undefined}
              >
                {row === undefined ? <WaitingCell span={columns.length} /> : <Cells row={row} columns={columns} />}
              </tr>
            );
          })}
          {after > 0 && <Gap height={after} />}
        </tbody>
      </table>
    </div>
  );
}

function Cells<Row>({ row, columns }: { row: Row; columns: TableColumn<Row>[] }) {
  return columns.map((column) => (
    <td key={column.id} data-number={column.isNumber || undefined} data-hide={column.hideBelow}>
      {column.cell(row)}
    </td>
  ));
}

/** Stands for rows that are not drawn. */
function Gap({ height }: { height: number }) {
  return (
    <tr aria-hidden="true">
      <td colSpan={99} className={classes.gap} style={{ height }} />
    </tr>
  );
}

function WaitingCell({ span }: { span: number }) {
  return (
    <td colSpan={span}>
      <Skeleton height={16} width="60%" aria-label="Loading" />
    </td>
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
