import { annotationOf, type PartProps, type Renderer } from "../renderer";
import classes from "../samples.module.css";

const NAMES = { truth: "Reference", prediction: "Transcript" } as const;

/** What is said in a recording, beside the reference. */
export const TRANSCRIPT: Renderer = {
  Lines: Transcripts,
  Facts: Transcripts,
  filterWords: { right: "Without errors", wrong: "With errors" },
};

function Transcripts({ sample }: PartProps) {
  const reference = annotationOf(sample, "truth", "text")?.text;
  const transcript = annotationOf(sample, "prediction", "transcript")?.text;
  return Object.entries({ prediction: transcript, truth: reference }).map(([side, text]) =>
    text === undefined ? null : (
      <p key={side} className={classes.valueLine}>
        {NAMES[side as keyof typeof NAMES]}: {text}
      </p>
    ),
  );
}
