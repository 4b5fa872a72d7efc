import { useState } from "react";
import { runMedia } from "../api/runs";
import type { SampleView } from "../api/types";
import { FULL_OVERLAY, type Overlay } from "../samples/overlay";
import { SampleControls } from "../samples/SampleControls";
import { SampleFacts } from "../samples/SampleFacts";
import { TextBlocks } from "../samples/TextBlocks";
import { formatDuration } from "../ui/format";
import classes from "../pages/predict.module.css";

type TextAnswerProps = { sample: SampleView; seconds: number; run: string; classNames: readonly string[] };

/** What a model says about a typed row: the text with its marks, and the answer beside it. */
export function TextAnswer({ sample, seconds, run, classNames }: TextAnswerProps) {
  const [overlay, setOverlay] = useState<Overlay>(FULL_OVERLAY);
  return (
    <section className={classes.textAnswer} aria-label="Result">
      <div className={classes.answerText}>
        <TextBlocks sample={sample} classNames={classNames} overlay={overlay} />
      </div>
      <div className={classes.answerFacts}>
        <SampleControls samples={[sample]} overlay={overlay} onOverlay={setOverlay} />
        <SampleFacts
          sample={sample}
          source={(media) => runMedia(run, media.path)}
          classNames={classNames}
          overlay={overlay}
          isNumbered={false}
        />
        <p className="tiny muted number">Predicted in {formatDuration(seconds)}</p>
      </div>
    </section>
  );
}
