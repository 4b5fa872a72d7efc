import type { SampleView } from "../../api/types";
import { annotationOf, type Renderer } from "../renderer";
import { blocksOf, markOf, type MarkedBlock } from "../texts";

const SIDES = [
  { side: "truth", name: "Reference" },
  { side: "prediction", name: "Prediction" },
] as const;

/** Texts to write: reference and prediction stand below their source, with what differs marked in both. */
export const TEXT: Renderer = {
  Lines: () => null,
  Facts: () => null,
  texts: textsWithWritten,
  filterWords: { right: "Same as reference", wrong: "Different" },
};

function textsWithWritten(sample: SampleView): readonly MarkedBlock[] {
  const written = SIDES.flatMap(({ side, name }) => {
    const annotation = annotationOf(sample, side, "text");
    if (annotation === null) return [];
    return [{ name, text: annotation.text, marks: annotation.marks.map(markOf), is_cut: false }];
  });
  return [...blocksOf(sample), ...written];
}
