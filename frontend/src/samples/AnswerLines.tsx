import type { LabelScore, SampleView } from "../api/types";
import { formatCount, formatMetric, formatPercent, plural } from "../ui/format";
import { LabelDot } from "./LabelDot";
import { hasBoxes, isCorrect, type Overlay, predictedBoxes } from "./overlay";
import { hasSpans, marksOf } from "./texts";
import { hasValues } from "./ValueTable";
import classes from "./samples.module.css";

type AnswerLinesProps = { sample: SampleView; classNames: readonly string[]; overlay: Overlay };

/** What the sample is and was taken for, by what its problem type has: boxes, spans, values, a text or labels. */
export function AnswerLines({ sample, classNames, overlay }: AnswerLinesProps) {
  if (hasBoxes(sample)) return <BoxCounts sample={sample} overlay={overlay} />;
  return (
    <>
      {hasSpans(sample) && !hasText(sample) && <SpanCounts sample={sample} />}
      {hasValues(sample) && <ValueLines sample={sample} />}
      <TextLines sample={sample} />
      <LabelLines sample={sample} classNames={classNames} overlay={overlay} />
    </>
  );
}

function hasText(sample: SampleView): boolean {
  return (sample.truth?.text ?? sample.prediction?.text ?? null) !== null;
}

/** An answer in words, and the true one below where it differs. */
function TextLines({ sample }: { sample: SampleView }) {
  const truth = sample.truth?.text ?? null;
  const predicted = sample.prediction?.text ?? null;
  if (truth === null && predicted === null) return null;
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
          {predicted !== null && <span className="muted">is </span>}
          <bdi>{truth || "(empty)"}</bdi>
        </p>
      )}
    </>
  );
}

const SHOWN_VALUES = 3;

function ValueLines({ sample }: { sample: SampleView }) {
  const truth = sample.truth?.values ?? {};
  const predicted = sample.prediction?.values ?? {};
  const names = Object.keys(sample.prediction === null ? truth : predicted);
  return names.slice(0, SHOWN_VALUES).map((name) => (
    <p key={name} className={classes.labelLine}>
      <span className="clip grow">{name}</span>
      <span className="number">{formatMetric(predicted[name] ?? truth[name])}</span>
      {name in predicted && name in truth && <span className="number muted">is {formatMetric(truth[name])}</span>}
    </p>
  ));
}

function SpanCounts({ sample }: { sample: SampleView }) {
  const truth = marksOf(sample, "truth");
  const predicted = marksOf(sample, "prediction");
  const missed = truth.filter((mark) => mark.match === "missed").length;
  const wrong = predicted.filter((mark) => mark.match === "invented" || mark.match === "wrong").length;
  return (
    <p className={`${classes.labelLine} ${classes.wraps}`}>
      {truth.length > 0 && <span>{formatCount(truth.length)} marked</span>}
      {(sample.prediction !== null || predicted.length > 0) && (
        <span className="muted">{formatCount(predicted.length)} predicted</span>
      )}
      <Misses missed={missed} wrong={wrong} />
    </p>
  );
}

function RightMark({ isRight }: { isRight: boolean }) {
  return (
    <span className={classes.mark} data-right={isRight}>
      <span aria-hidden="true">{isRight ? "✓" : "✕"}</span>
      <span className="hidden-visually">{isRight ? "Right" : "Wrong"}</span>
    </span>
  );
}

/** Prediction first, with its mark; the truth below only where it differs. */
function LabelLines({
  sample,
  classNames,
  overlay,
}: {
  sample: SampleView;
  classNames: readonly string[];
  overlay: Overlay;
}) {
  const truth = overlay.showsTruth ? (sample.truth?.labels ?? []) : [];
  const predicted = overlay.showsPrediction ? (sample.prediction?.labels ?? []) : [];
  const top = predicted[0];
  const right = isCorrect(sample);
  if (!top)
    return truth.length > 0 ? (
      <p className={classes.labelLine}>
        <LabelDot label={truth[0]?.label ?? ""} classNames={classNames} />
        <span className="clip">{words(truth)}</span>
      </p>
    ) : null;
  return (
    <>
      <p className={classes.labelLine}>
        {right !== null && <RightMark isRight={right} />}
        <span className="clip grow">{top.label}</span>
        {top.score !== null && <span className="number muted">{formatPercent(top.score)}</span>}
      </p>
      {top.score !== null && (
        <div className={classes.scoreTrack} aria-hidden="true">
          <div data-right={right ?? true} style={{ width: `${top.score * 100}%` }} />
        </div>
      )}
      {truth.length > 0 && right === false && (
        <p className={classes.truthLine}>
          <span className="muted">is</span> <span className="clip">{words(truth)}</span>
        </p>
      )}
    </>
  );
}

function BoxCounts({ sample, overlay }: { sample: SampleView; overlay: Overlay }) {
  const truth = sample.truth?.boxes ?? [];
  const predicted = predictedBoxes(sample, overlay.confidence);
  const missed = truth.filter((box) => box.match === "missed").length;
  const wrong = predicted.filter((box) => box.match === "invented" || box.match === "wrong").length;
  return (
    <p className={`${classes.labelLine} ${classes.wraps}`}>
      <span>{plural(truth.length, "object")}</span>
      {sample.prediction !== null && <span className="muted">{predicted.length} found</span>}
      <Misses missed={missed} wrong={wrong} />
    </p>
  );
}

function Misses({ missed, wrong }: { missed: number; wrong: number }) {
  if (missed === 0 && wrong === 0) return null;
  const words = [missed > 0 && `${missed} missed`, wrong > 0 && `${wrong} wrong`].filter(Boolean).join(", ");
  return <span className={classes.misses}>{words}</span>;
}

function words(labels: readonly LabelScore[]): string {
  return labels.map((one) => one.label).join(", ");
}
