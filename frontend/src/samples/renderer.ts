import type { ComponentType } from "react";
import type { Annotation, SampleView } from "../api/types";
import type { MediaSource, Overlay } from "./overlay";
import type { MarkedBlock } from "./texts";

export type Kind = Annotation["kind"];
export type AnnotationOf<K extends Kind> = Extract<Annotation, { kind: K }>;

export type PartProps = {
  sample: SampleView;
  source: MediaSource;
  classNames: readonly string[];
  overlay: Overlay;
};

/** `unit` is how many pixels of the image one pixel of the screen shows; width and height are those of the image. */
export type ShapesProps = Omit<PartProps, "source"> & {
  unit: number;
  width: number;
  height: number;
  thickness: number;
  withLabels: boolean;
};

export type ControlProps = {
  samples: readonly SampleView[];
  overlay: Overlay;
  onOverlay: (overlay: Overlay) => void;
};

/** `seconds` is where the player is; `onHear` plays a part of the recording. */
export type HeardProps = { sample: SampleView; seconds: number; onHear: (start: number, end: number) => void };

/** What the filters of a list of samples are called. */
export type FilterWords = {
  truth: string;
  prediction: string;
  outcome: string;
  right: string;
  wrong: string;
  error: string;
};

/** All that the page does for one kind of annotation. */
export type Renderer = {
  /** A few lines below the picture or the text of a card. */
  Lines: ComponentType<PartProps>;
  /** Truth and prediction in words and numbers, beside a large sample. */
  Facts: ComponentType<PartProps>;
  /** In place of the facts where there is room for little. */
  Summary?: ComponentType<PartProps>;
  /** SVG over an image, in its pixels. */
  Shapes?: ComponentType<ShapesProps>;
  /** Whole SVG elements over an image in place of one: each is a layer, so that one may change without the others. */
  Layers?: ComponentType<ShapesProps>;
  /** Below the player of a large recording: what is heard in it. */
  Heard?: ComponentType<HeardProps>;
  /** How much of a recording is shown, where that is not all of it. */
  shownSeconds?: (sample: SampleView) => number | null;
  /** The texts to draw, with what is marked in them. */
  texts?: (sample: SampleView) => readonly MarkedBlock[];
  /** Switches and sliders for what is drawn over samples. */
  Control?: ComponentType<ControlProps>;
  /** Classes that a sample shows, for their colours where no list of classes is known. */
  classNames?: (sample: SampleView) => readonly string[];
  filterWords?: Partial<FilterWords>;
};

/** The truth or the prediction, if it is of the kind. */
export function annotationOf<K extends Kind>(
  sample: SampleView,
  side: "truth" | "prediction",
  kind: K,
): AnnotationOf<K> | null {
  const annotation = sample[side];
  return annotation?.kind === kind ? (annotation as AnnotationOf<K>) : null;
}
