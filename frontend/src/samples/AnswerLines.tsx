import { rendererOf } from "./registry";
import type { PartProps } from "./renderer";

/** What the sample is and was taken for, in a few lines. */
export function AnswerLines(props: PartProps) {
  const { Lines } = rendererOf(props.sample);
  return <Lines {...props} />;
}
