import { useState } from "react";
import type { LinesPayload } from "../api/insight";
import { formatMetric } from "../ui/format";
import { Legend, MANY_NAMES } from "./Legend";
import type { PanelProps } from "./panel";
import { type Extent, extentOf } from "./scales";
import { XYPlot } from "./XYPlot";

/** Lines over a common axis. */
export function Lines({ payload, title }: PanelProps<LinesPayload>) {
  // So many lines say nothing together: one of them stands out from the start.
  const isMany = payload.series.length > MANY_NAMES;
  const [only, setOnly] = useState<string | null>(isMany ? (payload.series[0]?.name ?? null) : null);
  const lines = payload.series.map((series, colour) => ({ name: series.name, colour, x: series.x, y: series.y }));
  const isShare = (values: (number | null)[]) => values.every((value) => value === null || (value >= 0 && value <= 1));
  const xs = lines.flatMap((line) => line.x);
  const ys = lines.flatMap((line) => line.y);
  const unit: Extent = [0, 1];
  return (
    <>
      {lines.length > 1 && <Legend names={lines.map((line) => line.name)} only={only} onOnly={setOnly} />}
      <XYPlot
        label={title}
        xLabel={payload.x_label}
        yLabel={payload.y_label}
        lines={only === null ? lines : lines.map((line) => ({ ...line, isFaint: line.name !== only }))}
        diagonal={payload.diagonal}
        format={short}
        xExtent={isShare(xs) ? unit : extentOf(xs, 0)}
        yExtent={isShare(ys) ? unit : extentOf(ys)}
      />
    </>
  );
}

export function short(value: number): string {
  return Math.abs(value) >= 1000 || (value !== 0 && Math.abs(value) < 0.001)
    ? formatMetric(value)
    : String(Number(value.toFixed(3)));
}
