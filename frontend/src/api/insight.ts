import type { InsightGroup, SampleView } from "./types";

/** The typed payloads of insights, twins of `studio/results/insight.py`. */

export type SampleFilter = {
  truth: string | null;
  prediction: string | null;
  correct: boolean | null;
  rows?: number[] | null;
};
export type LinesPayload = {
  kind: "lines";
  x_label: string;
  y_label: string;
  series: { name: string; x: number[]; y: (number | null)[] }[];
  diagonal: boolean;
};
export type ThresholdPoint = {
  threshold: number;
  precision: number | null;
  recall: number;
  false_positive_rate: number;
  true_positives: number;
  false_positives: number;
  false_negatives: number;
  true_negatives: number;
};
export type ThresholdCurvesPayload = {
  kind: "threshold_curves";
  default_threshold: number;
  /** One a class, where each has its own. */
  thresholds?: number[];
  classes: string[];
  points: ThresholdPoint[][];
  roc_auc: (number | null)[];
  average_precision: (number | null)[];
  /** Whether pixels are counted, so that overlaps are told as IoU and Dice; missing in results of earlier versions. */
  is_overlap?: boolean;
};
export type BarsPayload = {
  kind: "bars";
  x_label: string;
  y_label: string;
  names: string[];
  values: (number | null)[];
};
export type MatrixPayload = {
  kind: "matrix";
  row_label: string;
  column_label: string;
  row_names: string[];
  column_names: string[];
  counts: number[][];
  opens_samples: boolean;
  /** Where samples have many objects each: source rows of some samples behind each cell. */
  sample_rows?: number[][][];
};
export type TablePayload = {
  kind: "table";
  columns: string[];
  rows: (string | number | null)[][];
  filters: (SampleFilter | null)[];
  /** A column whose values are chosen from: the rows of one of them are shown at a time. */
  chosen_by?: string | null;
};
export type SamplesPayload = { kind: "samples"; samples: SampleView[]; confidence: number | null };
export type ScatterPayload = {
  kind: "scatter";
  x_label: string;
  y_label: string;
  x: number[];
  y: number[];
  groups: string[];
  rows: number[];
  diagonal: boolean;
  /** What a point is, for a person; runs of older versions have none. */
  titles?: string[];
};
export type Payload =
  LinesPayload | ThresholdCurvesPayload | BarsPayload | MatrixPayload | TablePayload | SamplesPayload | ScatterPayload;
export type Insight<P extends Payload = Payload> = {
  key: string;
  group: InsightGroup;
  title: string;
  how_to_read: string;
  payload: P;
};
