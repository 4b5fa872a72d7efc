import type { ComponentType } from "react";
import type { Payload } from "../api/insight";
import { Bars } from "./Bars";
import { ConfusionMatrix } from "./ConfusionMatrix";
import { InsightTable } from "./InsightTable";
import { Lines } from "./Lines";
import type { PanelProps } from "./panel";
import { Samples } from "./Samples";
import { Scatter } from "./Scatter";
import { ThresholdCurves } from "./ThresholdCurves";

type Panels = { [K in Payload["kind"]]: ComponentType<PanelProps<Extract<Payload, { kind: K }>>> };

/** One component a kind of payload. A new kind is one file and one line here. */
const PANELS: Panels = {
  lines: Lines,
  threshold_curves: ThresholdCurves,
  bars: Bars,
  matrix: ConfusionMatrix,
  table: InsightTable,
  samples: Samples,
  scatter: Scatter,
};

export function panelOf(kind: string): ComponentType<PanelProps<Payload>> | null {
  return kind in PANELS ? (PANELS[kind as keyof Panels] as ComponentType<PanelProps<Payload>>) : null;
}
