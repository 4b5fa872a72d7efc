import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import type { ScatterPayload } from "../api/insight";
import { plural } from "../ui/format";
import { useSize } from "../ui/size";
import { Legend } from "./Legend";
import { short } from "./Lines";
import type { PanelProps } from "./panel";
import { type Extent, extentOf, niceTicks, scale } from "./scales";
import classes from "./insights.module.css";

const HEIGHT = 380;
const MARGIN = { top: 10, right: 14, bottom: 40, left: 54 };

/** Points with a group each, on a canvas: tens of thousands stay quick. */
export function Scatter({ payload, title }: PanelProps<ScatterPayload>) {
  const [ref, { width }] = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const scheme = useComputedColorScheme("light");
  const names = [...new Set(payload.groups)];
  useEffect(() => {
    if (canvas.current && width > 0) draw(canvas.current, payload, names, width);
  }, [payload, width, scheme]);
  return (
    <div className="column">
      {names.length > 1 && <Legend names={names} />}
      <div ref={ref} className={classes.plot} style={{ minHeight: HEIGHT }}>
        <canvas
          ref={canvas}
          role="img"
          aria-label={`${title}: ${plural(payload.x.length, "point")}, ${payload.y_label} over ${payload.x_label}`}
          style={{ width, height: HEIGHT }}
        />
      </div>
    </div>
  );
}

function draw(canvas: HTMLCanvasElement, payload: ScatterPayload, names: string[], width: number): void {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = HEIGHT * ratio;
  const pen = canvas.getContext("2d");
  if (pen === null) return;
  pen.scale(ratio, ratio);
  const style = getComputedStyle(document.documentElement);
  const ink = (name: string) => style.getPropertyValue(name).trim();
  const shared = extentOf([...payload.x, ...payload.y]);
  const xExtent: Extent = payload.diagonal ? shared : extentOf(payload.x);
  const yExtent: Extent = payload.diagonal ? shared : extentOf(payload.y);
  const x = scale(xExtent, [MARGIN.left, width - MARGIN.right]);
  const y = scale(yExtent, [HEIGHT - MARGIN.bottom, MARGIN.top]);
  drawAxes(pen, payload, { x, y, xExtent, yExtent, width, line: ink("--line"), muted: ink("--muted") });
  pen.globalAlpha = payload.x.length > 2000 ? 0.5 : 0.8;
  payload.x.forEach((value, i) => {
    pen.fillStyle = ink(`--series-${Math.max(0, names.indexOf(payload.groups[i] ?? "")) % 8}`);
    pen.beginPath();
    pen.arc(x(value), y(payload.y[i] ?? 0), 3, 0, 2 * Math.PI);
    pen.fill();
  });
}

type Axes = {
  x: (value: number) => number;
  y: (value: number) => number;
  xExtent: Extent;
  yExtent: Extent;
  width: number;
  line: string;
  muted: string;
};

function drawAxes(
  pen: CanvasRenderingContext2D,
  payload: ScatterPayload,
  { x, y, xExtent, yExtent, width, line, muted }: Axes,
): void {
  pen.font = "12px system-ui, sans-serif";
  pen.strokeStyle = line;
  pen.fillStyle = muted;
  for (const tick of niceTicks(yExtent, 6)) {
    pen.beginPath();
    pen.moveTo(MARGIN.left, y(tick));
    pen.lineTo(width - MARGIN.right, y(tick));
    pen.stroke();
    pen.textAlign = "right";
    pen.fillText(short(tick), MARGIN.left - 8, y(tick) + 4);
  }
  pen.textAlign = "center";
  for (const tick of niceTicks(xExtent, 7)) pen.fillText(short(tick), x(tick), HEIGHT - MARGIN.bottom + 18);
  pen.fillText(payload.x_label, (MARGIN.left + width) / 2, HEIGHT - 4);
  if (!payload.diagonal) return;
  pen.setLineDash([5, 4]);
  pen.beginPath();
  pen.moveTo(x(xExtent[0]), y(xExtent[0]));
  pen.lineTo(x(xExtent[1]), y(xExtent[1]));
  pen.strokeStyle = muted;
  pen.stroke();
  pen.setLineDash([]);
}
