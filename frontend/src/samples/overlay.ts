import type { Box, MediaRef, SampleView } from "../api/types";

/** What is drawn over a sample. */
export type Overlay = {
  showsTruth: boolean;
  showsPrediction: boolean;
  showsLabels: boolean;
  confidence: number;
  /** How strongly the map of what speaks for the answer covers the image; 0 hides it. */
  heat: number;
};
export const FULL_OVERLAY: Overlay = {
  showsTruth: true,
  showsPrediction: true,
  showsLabels: true,
  confidence: 0,
  heat: 0,
};

/** Where a sample's file is served. */
export type MediaSource = (media: MediaRef, size: 256 | "full") => string;

const COLOURS = 8;

/** Classes keep their colour wherever they appear: it follows the index in the list of classes. */
export function classColour(label: string, classes: readonly string[]): string {
  const index = classes.indexOf(label);
  return `var(--series-${(index >= 0 ? index : hash(label)) % COLOURS})`;
}

function hash(text: string): number {
  let value = 7;
  for (let i = 0; i < text.length; i++) value = (value * 31 + text.charCodeAt(i)) >>> 0;
  return value;
}

/** Predicted boxes at or above the confidence. */
export function predictedBoxes(sample: SampleView, confidence: number): Box[] {
  return (sample.prediction?.boxes ?? []).filter((box) => box.score === null || box.score >= confidence);
}

export function hasBoxes(sample: SampleView): boolean {
  return (sample.truth?.boxes.length ?? 0) > 0 || (sample.prediction?.boxes.length ?? 0) > 0;
}

/** Whether the best predicted label is among the true ones; null where there is no such comparison. */
export function isCorrect(sample: SampleView): boolean | null {
  const predicted = sample.prediction?.labels[0];
  const truth = sample.truth?.labels ?? [];
  if (predicted === undefined || truth.length === 0) return null;
  return truth.some((one) => one.label === predicted.label);
}
