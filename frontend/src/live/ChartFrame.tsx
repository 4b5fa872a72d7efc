import { ActionIcon, Menu, Modal, Tooltip } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type uPlot from "uplot";
import { formatMetric } from "../ui/format";
import { MoreIcon } from "../ui/icons";
import { downloadText, downloadUrl } from "../ui/download";
import type { ChartLine } from "./chart-lines";
import { tableRows } from "./chart-table";
import { csvText } from "./csv";
import classes from "./chart.module.css";

type ChartFrameProps = {
  title: string;
  note?: string;
  summary: string;
  lines: ChartLine[];
  version: number;
  plot: { current: uPlot | null };
  values: { line: ChartLine; value: number | null }[];
  position: string | null;
  height: number;
  children: ReactNode;
};

const TABLE_ROWS = 200;

/** What stands around a chart: title, values under the cursor, and the ways to take its data away. */
export function ChartFrame({ title, note, summary, lines, plot, values, position, children }: ChartFrameProps) {
  const [showsData, setShowsData] = useState(false);
  return (
    <figure className={classes.figure} aria-label={title}>
      <div className={classes.head}>
        <figcaption className={classes.title}>
          <span className="strong">{title}</span>
          {note && <span className={classes.note}>{note}</span>}
        </figcaption>
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" size={28} aria-label={`Options for ${title}`}>
              <MoreIcon size={16} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => setShowsData(true)}>Show data</Menu.Item>
            <Menu.Item onClick={() => savePicture(plot.current, title)}>Save PNG</Menu.Item>
            <Menu.Item onClick={() => saveTable(lines, title)}>Save CSV</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
      <div className={classes.legend} aria-hidden="true">
        {values.map(({ line, value }) => (
          <Tooltip key={line.id} label={line.id}>
            <span className={classes.entry}>
              <span
                className={classes.swatch}
                data-dashed={line.isDashed || undefined}
                style={{ color: `var(${line.ink})` }}
              />
              {line.label} <span className={classes.value}>{formatMetric(value)}</span>
            </span>
          </Tooltip>
        ))}
        {position !== null && <span className={classes.position}>at {position}</span>}
      </div>
      {children}
      <Modal opened={showsData} onClose={() => setShowsData(false)} title={title} size="lg">
        <p className="muted small">{summary}</p>
        <DataTableOfChart lines={lines} />
      </Modal>
    </figure>
  );
}

function DataTableOfChart({ lines }: { lines: ChartLine[] }) {
  const { header, rows } = tableRows(lines, TABLE_ROWS);
  return (
    <div className={classes.tableScroll} tabIndex={0} role="region" aria-label="Chart data">
      <table className={classes.table}>
        <thead>
          <tr>
            {header.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row[0]}>
              {row.map((value, i) => (
                <td key={i}>{i === 0 ? value : formatMetric(value)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function savePicture(plot: uPlot | null, title: string): void {
  if (plot) downloadUrl(plot.ctx.canvas.toDataURL("image/png"), `${title}.png`);
}

function saveTable(lines: ChartLine[], title: string): void {
  const { header, rows } = tableRows(lines, Infinity);
  downloadText(csvText([header, ...rows]), `${title}.csv`, "text/csv");
}
