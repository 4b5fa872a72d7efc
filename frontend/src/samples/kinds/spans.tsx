import { Fragment } from "react";
import type { SampleView, TextSpan } from "../../api/types";
import { formatCount, formatPercent } from "../../ui/format";
import { unitOffsets } from "../code-points";
import { LabelDot } from "../LabelDot";
import { MatchWords, Mistakes, RightMark } from "../match";
import { OverlayControls } from "../OverlayControls";
import { annotationOf, type ControlProps, type PartProps, type Renderer } from "../renderer";
import { blocksOf, type MarkedBlock } from "../texts";
import classes from "../samples.module.css";

type Side = "truth" | "prediction";
const NO_SPANS: readonly TextSpan[] = [];

/** Stretches of texts: entities, or the places of an answer. */
export const SPANS: Renderer = {
  Lines: SpanLines,
  Facts: SpanFacts,
  texts: textsWithSpans,
  Control: SpanControl,
  filterWords: { wrong: "With mistakes" },
};

function spansOf(sample: SampleView, side: Side): readonly TextSpan[] {
  return annotationOf(sample, side, "spans")?.spans ?? NO_SPANS;
}

/** The answer to a question; null where none is asked. */
function answerOf(sample: SampleView, side: Side): string | null {
  return annotationOf(sample, side, "spans")?.answer ?? null;
}

function textsWithSpans(sample: SampleView): readonly MarkedBlock[] {
  const sides = (["truth", "prediction"] as const).flatMap((role) =>
    spansOf(sample, role).map((span) => ({ ...span, role })),
  );
  return blocksOf(sample).map((block, i) => ({
    ...block,
    marks: [...sides.filter((span) => span.block === i), ...block.marks],
  }));
}

function SpanControl({ samples, overlay, onOverlay }: ControlProps) {
  const has = (side: Side) => samples.some((sample) => spansOf(sample, side).length > 0);
  const [hasTruth, hasPrediction] = [has("truth"), has("prediction")];
  if (!hasTruth && !hasPrediction) return null;
  return (
    <OverlayControls
      overlay={overlay}
      onOverlay={onOverlay}
      hasTruth={hasTruth}
      hasPrediction={hasPrediction}
      hasConfidence={false}
    />
  );
}

function SpanLines({ sample }: PartProps) {
  const [truth, predicted] = [answerOf(sample, "truth"), answerOf(sample, "prediction")];
  if (truth === null && predicted === null) return <SpanCounts sample={sample} />;
  const isRight = truth === null || predicted === null ? null : truth.trim() === predicted.trim();
  return (
    <>
      {predicted !== null && (
        <p className={classes.text}>
          {isRight !== null && <RightMark isRight={isRight} />} <bdi>{predicted || "(empty)"}</bdi>
        </p>
      )}
      {truth !== null && isRight !== true && (
        <p className={classes.text}>
          {predicted !== null && <span className="muted">true </span>}
          <bdi>{truth || "(empty)"}</bdi>
        </p>
      )}
    </>
  );
}

function SpanCounts({ sample }: { sample: SampleView }) {
  const truth = spansOf(sample, "truth");
  const predicted = spansOf(sample, "prediction");
  return (
    <p className={`${classes.labelLine} ${classes.wraps}`}>
      {sample.truth !== null && <span>{formatCount(truth.length)} marked</span>}
      {sample.prediction !== null && <span className="muted">{formatCount(predicted.length)} predicted</span>}
      <Mistakes truth={truth} predicted={predicted} />
    </p>
  );
}

function SpanFacts({ sample, overlay, classNames }: PartProps) {
  const sides = [
    { side: "truth", title: "Truth", isShown: overlay.showsTruth },
    { side: "prediction", title: "Prediction", isShown: overlay.showsPrediction },
  ] as const;
  return sides.map(({ side, title, isShown }) => {
    const spans = spansOf(sample, side).map((span) => ({ span, words: wordsOf(sample, span) }));
    const answer = answerOf(sample, side);
    const isListed = answer === null || spans.some(({ words }) => words === answer);
    const isSilent = side === "prediction" && sample.prediction !== null && spans.length === 0 && answer === null;
    return (
      <Fragment key={side}>
        {isShown && spans.length > 0 && <SpanList title={title} spans={spans} classNames={classNames} />}
        {!isListed && <Answer title={title} text={answer} />}
        {isSilent && <p className="muted">The model marks nothing in this text.</p>}
      </Fragment>
    );
  });
}

type SpanListProps = {
  title: string;
  spans: readonly { span: TextSpan; words: string }[];
  classNames: readonly string[];
};

function SpanList({ title, spans, classNames }: SpanListProps) {
  const heading = `${title}, ${spans.length}`;
  return (
    <div>
      <h3>{heading}</h3>
      <ul className={classes.boxes} tabIndex={0} aria-label={heading}>
        {spans.map(({ span, words }, i) => (
          <li key={i}>
            {span.label && <LabelDot label={span.label} classNames={classNames} />}
            <span className="grow clip">
              <bdi>{words}</bdi>
              {span.label && <span className="muted"> {span.label}</span>}
            </span>
            <MatchWords match={span.match} />
            {span.score !== null && <span className="number">{formatPercent(span.score)}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** An answer that stands nowhere in the texts, or the empty one. */
function Answer({ title, text }: { title: string; text: string }) {
  return (
    <div>
      <h3>{title}</h3>
      <p className={classes.words} dir="auto">
        {text || <span className="muted">(empty)</span>}
      </p>
    </div>
  );
}

function wordsOf(sample: SampleView, span: TextSpan): string {
  const text = sample.texts[span.block]?.text ?? "";
  const at = unitOffsets(text);
  return text.slice(at(span.start), at(span.end));
}
