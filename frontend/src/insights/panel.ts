import type { Payload } from "../api/insight";
import type { InsightGroup } from "../api/types";

/** What every kind of panel gets: its payload, ready to draw. */
export type PanelProps<P extends Payload> = { payload: P; group: InsightGroup; title: string };
