import { useState } from "react";
import { runMedia } from "../api/runs";
import type { SampleView } from "../api/types";
import { Neighbours, neighboursOf } from "../samples/Neighbours";
import { FULL_OVERLAY, type Overlay } from "../samples/overlay";
import { SampleControls } from "../samples/SampleControls";
import { SampleFacts } from "../samples/SampleFacts";
import { TextBlocks } from "../samples/TextBlocks";
import { hasSpans } from "../samples/texts";
import { hasValues } from "../samples/ValueTable";
import { formatDuration } from "../ui/format";
import classes from "../pages/predict.module.css";

type TextAnswerProps = { sample: SampleView; seconds: number; run: string; classNames: readonly string[] };

/** What a model says about a typed row: the text with its marks, and the answer beside it. */
export function TextAnswer({ sample, seconds, run, classNames }: TextAnswerProps) {
  const [overlay, setOverlay] = useState<Overlay>(FULL_OVERLAY);
  const neighbours = neighboursOf(sample);
  return (
    <section className={classes.textAnswer} aria-label="Answer">
      <div className={classes.answerText}>
        <TextBlocks sample={sample} classNames={classNames} overlay={overlay} />
      </div>
      <div className={classes.answerFacts}>
        <SampleControls samples={[sample]} overlay={overlay} onOverlay={setOverlay} />
        <SampleFacts sample={sample} classNames={classNames} overlay={overlay} isNumbered={false} />
        {isEmpty(sample) && <p className="muted">The model marks nothing in this text.</p>}
        {neighbours.length > 0 && (
          <Neighbours neighbours={neighbours} source={(media) => runMedia(run, media.path)} classNames={classNames} />
        )}
        <p className="tiny muted number">Answered in {formatDuration(seconds)}</p>
      </div>
    </section>
  );
}

/** Whether an answer says nothing at all, as for a text without entities. */
function isEmpty(sample: SampleView): boolean {
  const isSilent = (sample.prediction?.labels.length ?? 0) === 0 && (sample.prediction?.text ?? null) === null;
  return isSilent && !hasValues(sample) && !hasSpans(sample) && neighboursOf(sample).length === 0;
}
