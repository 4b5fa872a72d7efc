import { useComputedColorScheme } from "@mantine/core";
import { type KeyboardEvent, type PointerEvent, useEffect, useMemo, useRef, useState } from "react";
import { useNavigate } from "react-router";
import type { ScatterPayload } from "../api/insight";
import { formatCount, plural } from "../ui/format";
import { useSize } from "../ui/size";
import { useInsightContext } from "./context";
import { Legend } from "./Legend";
import { short } from "./Lines";
import type { PanelProps } from "./panel";
import { HEIGHT, ScatterLayout } from "./scatter-plot";
import classes from "./insights.module.css";

/** Points with a group each, on a canvas: tens of thousands stay quick. A point says what it is and opens its sample. */
export function Scatter({ payload, group, title }: PanelProps<ScatterPayload>) {
  const [ref, { width }] = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const scheme = useComputedColorScheme("light");
  const [only, setOnly] = useState<string | null>(null);
  const [at, setAt] = useState<number | null>(null);
  const { samplesLink } = useInsightContext();
  const navigate = useNavigate();
  const names = useMemo(() => [...new Set(payload.groups)], [payload]);
  const layout = useMemo(() => (width > 0 ? new ScatterLayout(payload, width) : null), [payload, width]);
  const inOrder = useMemo(() => payload.x.map((_, i) => i).sort((a, b) => payload.x[a]! - payload.x[b]!), [payload]);
  useEffect(() => {
    if (canvas.current && layout) layout.draw(canvas.current, names, only);
  }, [layout, names, only, scheme]);
  const find = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return layout?.near(event.clientX - box.left, event.clientY - box.top) ?? null;
  };
  const open = (i: number | null) => {
    const row = i === null ? undefined : payload.rows[i];
    const link = row === undefined ? null : samplesLink(group, { rows: [row] });
    if (link !== null) void navigate(`${link}&sample=${row}`);
  };
  const step = (by: number) => {
    const place = at === null ? (by > 0 ? -1 : 0) : inOrder.indexOf(at);
    setAt(inOrder[(place + by + inOrder.length) % inOrder.length] ?? null);
  };
  const press = (event: KeyboardEvent) => {
    const act = { ArrowRight: () => step(1), ArrowLeft: () => step(-1), Enter: () => open(at) }[event.key];
    if (act === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };
  return (
    <div className="column">
      {names.length > 1 && <Legend names={names} only={only} onOnly={setOnly} />}
      <div
        ref={ref}
        className={classes.scatter}
        data-opens={payload.rows.length > 0 || undefined}
        style={{ minHeight: HEIGHT }}
        role="group"
        aria-label={describe(payload, title)}
        tabIndex={0}
        onKeyDown={press}
        onPointerMove={(event) => setAt(find(event))}
        onPointerLeave={() => setAt(null)}
        onClick={(event) => open(find(event as unknown as PointerEvent<HTMLElement>))}
      >
        <canvas ref={canvas} aria-hidden="true" style={{ width, height: HEIGHT }} />
        {at !== null && layout && <Readout layout={layout} at={at} />}
      </div>
      {payload.rows.length > 0 && <p className="tiny muted">Choose a point to open its sample.</p>}
    </div>
  );
}

function hasAxes(payload: ScatterPayload): boolean {
  return payload.x_label !== "" || payload.y_label !== "";
}

function describe(payload: ScatterPayload, title: string): string {
  const axes = hasAxes(payload) ? `, ${payload.y_label} over ${payload.x_label}` : "";
  const opens = payload.rows.length > 0 ? ", Enter opens the sample" : "";
  return `${title}: ${plural(payload.x.length, "point")}${axes}. Arrow keys go from point to point${opens}.`;
}

/** What a point is, beside it. */
function Readout({ layout, at }: { layout: ScatterLayout; at: number }) {
  const { payload, width } = layout;
  const left = layout.xs[at] as number;
  const top = layout.ys[at] as number;
  const row = payload.rows[at];
  const isRight = left > width / 2;
  return (
    <>
      <span className={classes.ring} style={{ left, top }} aria-hidden="true" />
      <div
        className={classes.pointReadout}
        role="status"
        style={{
          top: Math.min(top + 10, HEIGHT - 96),
          ...(isRight ? { right: width - left + 10 } : { left: left + 10 }),
        }}
      >
        {payload.groups[at] && <strong>{payload.groups[at]}</strong>}
        <span className="muted number">
          {[
            row !== undefined && `Row ${formatCount(row)}`,
            hasAxes(payload) && `${short(payload.x[at] ?? 0)}, ${short(payload.y[at] ?? 0)}`,
          ]
            .filter(Boolean)
            .join(" · ")}
        </span>
        {payload.titles?.[at] && (
          <span className={classes.pointTitle} dir="auto">
            {payload.titles[at]}
          </span>
        )}
      </div>
    </>
  );
}
