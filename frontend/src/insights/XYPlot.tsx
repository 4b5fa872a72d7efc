import { type PointerEvent, type ReactNode, useState } from "react";
import { useSize } from "../ui/size";
import { type Extent, niceTicks, scale } from "./scales";
import classes from "./insights.module.css";

export type PlotLine = {
  name: string;
  colour: number;
  x: readonly number[];
  y: readonly (number | null)[];
  isFaint?: boolean;
};
export type PlotMark = { x: number; y: number; colour: number };

type XYPlotProps = {
  label: string;
  xLabel: string;
  yLabel: string;
  lines: PlotLine[];
  xExtent: Extent;
  yExtent: Extent;
  diagonal?: boolean;
  marks?: PlotMark[];
  height?: number;
  format: (value: number) => string;
  onPick?: (x: number, y: number) => void;
  children?: ReactNode;
};

const MARGIN = { top: 10, right: 14, bottom: 40, left: 54 };

/** Lines over any axis as SVG, with the values under the pointer. */
export function XYPlot({
  label,
  xLabel,
  yLabel,
  lines,
  xExtent,
  yExtent,
  diagonal,
  marks = [],
  height = 280,
  format,
  onPick,
}: XYPlotProps) {
  const [ref, { width }] = useSize<HTMLDivElement>();
  const [pointer, setPointer] = useState<number | null>(null);
  const x = scale(xExtent, [MARGIN.left, Math.max(MARGIN.left + 10, width - MARGIN.right)]);
  const y = scale(yExtent, [height - MARGIN.bottom, MARGIN.top]);
  const place = (event: PointerEvent<SVGElement>): [number, number] => {
    const box = event.currentTarget.getBoundingClientRect();
    return [x.invert(event.clientX - box.left), y.invert(event.clientY - box.top)];
  };
  const nearest = pointer === null ? [] : lines.map((line) => (line.isFaint ? null : nearestPoint(line, pointer)));
  return (
    <div ref={ref} className={classes.plot} style={{ minHeight: height }}>
      {width > 0 && (
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={label}
          style={onPick ? { cursor: "pointer" } : undefined}
          onPointerMove={(event) => setPointer(place(event)[0])}
          onPointerLeave={() => setPointer(null)}
          onClick={(event) => onPick?.(...place(event as unknown as PointerEvent<SVGElement>))}
        >
          {niceTicks(yExtent, 5).map((tick) => (
            <g key={tick}>
              <line x1={MARGIN.left} x2={width - MARGIN.right} y1={y(tick)} y2={y(tick)} className={classes.gridLine} />
              <text x={MARGIN.left - 8} y={y(tick) + 4} textAnchor="end" className={classes.tick}>
                {format(tick)}
              </text>
            </g>
          ))}
          {niceTicks(xExtent, Math.max(3, Math.floor(width / 110))).map((tick) => (
            <text key={tick} x={x(tick)} y={height - MARGIN.bottom + 18} textAnchor="middle" className={classes.tick}>
              {format(tick)}
            </text>
          ))}
          <text
            x={(MARGIN.left + width - MARGIN.right) / 2}
            y={height - 4}
            textAnchor="middle"
            className={classes.axisName}
          >
            {xLabel}
          </text>
          <text
            transform={`translate(13 ${(height - MARGIN.bottom + MARGIN.top) / 2}) rotate(-90)`}
            textAnchor="middle"
            className={classes.axisName}
          >
            {yLabel}
          </text>
          {diagonal && (
            <line
              x1={x(Math.max(xExtent[0], yExtent[0]))}
              y1={y(Math.max(xExtent[0], yExtent[0]))}
              x2={x(Math.min(xExtent[1], yExtent[1]))}
              y2={y(Math.min(xExtent[1], yExtent[1]))}
              className={classes.diagonal}
            />
          )}
          {lines.map((line) => (
            <path
              key={line.name}
              d={pathOf(line, x, y)}
              fill="none"
              style={{ stroke: `var(--series-${line.colour % 8})` }}
              strokeWidth={2}
              strokeLinejoin="round"
              opacity={line.isFaint ? 0.12 : 1}
              strokeDasharray={line.colour >= 8 ? "6 4" : undefined}
            />
          ))}
          {nearest.map(
            (point, i) =>
              point && (
                <circle
                  key={i}
                  cx={x(point[0])}
                  cy={y(point[1])}
                  r={3.5}
                  style={{ fill: `var(--series-${(lines[i]?.colour ?? 0) % 8})` }}
                />
              ),
          )}
          {marks.map((mark, i) => (
            <circle
              key={i}
              cx={x(mark.x)}
              cy={y(mark.y)}
              r={6}
              className={classes.mark}
              style={{ fill: `var(--series-${mark.colour % 8})` }}
            />
          ))}
        </svg>
      )}
      <p className={classes.readout} aria-hidden="true">
        {nearest.map(
          (point, i) =>
            point && (
              <span key={i}>
                <i style={{ background: `var(--series-${(lines[i]?.colour ?? 0) % 8})` }} />
                {lines.length > 1 && `${lines[i]?.name} `}
                {format(point[0])}, {format(point[1])}
              </span>
            ),
        )}
      </p>
    </div>
  );
}

function pathOf(line: PlotLine, x: (value: number) => number, y: (value: number) => number): string {
  let path = "";
  let isDrawing = false;
  line.x.forEach((at, i) => {
    const value = line.y[i];
    if (value === null || value === undefined) {
      isDrawing = false;
      return;
    }
    path += `${isDrawing ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
    isDrawing = true;
  });
  return path;
}

function nearestPoint(line: PlotLine, at: number): [number, number] | null {
  let best: [number, number] | null = null;
  line.x.forEach((x, i) => {
    const y = line.y[i];
    if (y !== null && y !== undefined && (best === null || Math.abs(x - at) < Math.abs(best[0] - at))) best = [x, y];
  });
  return best;
}
