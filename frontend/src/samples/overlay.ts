import { classColour } from "../ui/colours";
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

/** Whether truth and prediction are drawn over each other. Then the colour tells these apart, and no longer the classes. */
export function isCompared(sample: SampleView, overlay: Overlay): boolean {
  return overlay.showsTruth && overlay.showsPrediction && sample.truth !== null && sample.prediction !== null;
}

export const SIDE_COLOURS = { truth: "var(--truth)", prediction: "var(--prediction)" } as const;

/** The colour of an object: of its class, or of its side where both are drawn. */
export function objectColour(
  side: keyof typeof SIDE_COLOURS,
  label: string,
  classNames: readonly string[],
  areCompared: boolean,
): string {
  return areCompared ? SIDE_COLOURS[side] : classColour(label, classNames);
}

/** As of an object, but of several classes a filled area keeps its own: the outline of the truth tells the sides apart. */
export function maskColour(
  side: keyof typeof SIDE_COLOURS,
  label: string,
  classNames: readonly string[],
  areCompared: boolean,
): string {
  const keepsClass = side === "prediction" && classNames.length > 1;
  return objectColour(side, label, classNames, areCompared && !keepsClass);
}
