import type { MediaRef, MediaSize, SampleView } from "../api/types";

/** What is drawn over a sample. */
export type Overlay = {
  showsTruth: boolean;
  showsPrediction: boolean;
  showsLabels: boolean;
  confidence: number;
  /** How strongly the map of what explains the answer covers the image; 0 hides it. */
  heat: number;
  /** How strongly masks cover the image. */
  opacity: number;
  /** Classes whose masks are not drawn. */
  hiddenClasses: readonly string[];
  colourBy: ColourBy;
  /** Whether masks show where prediction and truth differ, in place of both. */
  showsDifference: boolean;
};

/** What the colours of instances tell apart; by match they show where prediction and truth differ. */
export type ColourBy = "instance" | "class" | "match";

export const FULL_OVERLAY: Overlay = {
  showsTruth: true,
  showsPrediction: true,
  showsLabels: true,
  confidence: 0,
  heat: 0,
  opacity: 0.45,
  hiddenClasses: [],
  colourBy: "instance",
  showsDifference: false,
};

export function isDifferenceShown(sample: SampleView, overlay: Overlay): boolean {
  return overlay.showsDifference && sample.truth !== null && sample.prediction !== null;
}

/** Where a sample's file is served. */
export type MediaSource = (media: MediaRef, size: MediaSize) => string;

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
