import type { SampleView, TextBlock, TextMark } from "../api/types";

const NO_TEXTS: readonly TextBlock[] = [];

/** The texts of a sample; samples of older runs have none. */
export function textsOf(sample: SampleView): readonly TextBlock[] {
  return sample.texts ?? NO_TEXTS;
}

/** Whether a sample is read rather than looked at. */
export function isRead(sample: SampleView): boolean {
  return sample.media === null && textsOf(sample).length > 0;
}

export function marksOf(sample: SampleView, ...roles: TextMark["role"][]): TextMark[] {
  return textsOf(sample).flatMap((block) => block.marks.filter((mark) => roles.includes(mark.role)));
}

export function hasSpans(sample: SampleView): boolean {
  return marksOf(sample, "truth", "prediction").length > 0;
}

export function hasImportance(sample: SampleView): boolean {
  return marksOf(sample, "importance").length > 0;
}

export function hasDifferences(sample: SampleView): boolean {
  return marksOf(sample, "inserted", "missing").length > 0;
}
