import type { SampleView, TextBlock, TextMark, TextSpan } from "../api/types";

/** A stretch of a text that is drawn: true, predicted, weighing in, or different from another text. */
export type Mark = Pick<TextSpan, "start" | "end" | "label" | "score" | "match"> & {
  role: "truth" | "prediction" | TextMark["role"];
};
export type MarkedBlock = Omit<TextBlock, "marks"> & { marks: readonly Mark[] };

/** The texts of a sample with their own marks. */
export function blocksOf(sample: SampleView): readonly MarkedBlock[] {
  return sample.texts.map((block) => ({ ...block, marks: block.marks.map(markOf) }));
}

export function markOf(mark: TextMark): Mark {
  return { ...mark, label: "", match: null };
}

/** Whether a sample is read rather than looked at. */
export function isRead(sample: SampleView): boolean {
  return sample.media === null && sample.texts.length > 0;
}

/** Whether an explanation of the prediction is marked in the texts. */
export function hasImportance(sample: SampleView): boolean {
  return sample.texts.some((block) => block.marks.some((mark) => mark.role === "importance"));
}
