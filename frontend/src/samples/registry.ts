import type { SampleView } from "../api/types";
import { BOXES } from "./kinds/boxes";
import { INSTANCES } from "./kinds/instances";
import { LABELS } from "./kinds/labels";
import { MASKS } from "./kinds/masks";
import { NEIGHBOURS } from "./kinds/neighbours";
import { SPANS } from "./kinds/spans";
import { TEXT } from "./kinds/text";
import { TRANSCRIPT } from "./kinds/transcript";
import { PLAIN, UNKNOWN } from "./kinds/unknown";
import { VALUES } from "./kinds/values";
import type { FilterWords, Kind, Renderer } from "./renderer";
import { blocksOf, type MarkedBlock } from "./texts";

/** One renderer a kind of annotation. A new kind is one file and one line here. */
export const RENDERERS: { [K in Kind]: Renderer } = {
  labels: LABELS,
  values: VALUES,
  boxes: BOXES,
  masks: MASKS,
  instances: INSTANCES,
  spans: SPANS,
  text: TEXT,
  transcript: TRANSCRIPT,
  neighbours: NEIGHBOURS,
};

const FILTER_WORDS: FilterWords = {
  truth: "Truth",
  prediction: "Prediction",
  outcome: "Outcome",
  right: "Correct",
  wrong: "Wrong",
  error: "error",
};

/** How a sample is drawn: by the kind of its prediction, or of its truth where nothing is predicted. */
export function rendererOf(sample: SampleView): Renderer {
  const kind = (sample.prediction ?? sample.truth)?.kind;
  if (kind === undefined) return PLAIN;
  return kind in RENDERERS ? RENDERERS[kind] : UNKNOWN;
}

/** Every renderer that some of the samples need, once. */
export function renderersOf(samples: readonly SampleView[]): Renderer[] {
  return [...new Set(samples.map(rendererOf))];
}

/** The texts of a sample as they are drawn. */
export function textsOf(sample: SampleView): readonly MarkedBlock[] {
  return rendererOf(sample).texts?.(sample) ?? blocksOf(sample);
}

export function filterWords(samples: readonly SampleView[]): FilterWords {
  return { ...FILTER_WORDS, ...(samples[0] && rendererOf(samples[0]).filterWords) };
}
