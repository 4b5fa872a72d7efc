import type { LabelScore, SampleView } from "../../api/types";
import { formatPercent } from "../../ui/format";
import { LabelDot } from "../LabelDot";
import { RightMark } from "../match";
import { annotationOf, type PartProps, type Renderer } from "../renderer";
import classes from "../samples.module.css";

const SHOWN_LABELS = 8;
const NO_LABELS: readonly LabelScore[] = [];

/** Classes: the predicted one with its probability, and the true one where it differs. */
export const LABELS: Renderer = { Lines: LabelLines, Facts: LabelFacts };

export function labelsOf(sample: SampleView, side: "truth" | "prediction"): readonly LabelScore[] {
  return annotationOf(sample, side, "labels")?.labels ?? NO_LABELS;
}

/** Whether the best predicted label is among the true ones; null where there is no such comparison. */
function isCorrect(sample: SampleView): boolean | null {
  const predicted = labelsOf(sample, "prediction")[0];
  const truth = labelsOf(sample, "truth");
  if (predicted === undefined || truth.length === 0) return null;
  return truth.some((one) => one.label === predicted.label);
}

function LabelLines({ sample, classNames, overlay }: PartProps) {
  const truth = overlay.showsTruth ? labelsOf(sample, "truth") : NO_LABELS;
  const top = overlay.showsPrediction ? labelsOf(sample, "prediction")[0] : undefined;
  const right = isCorrect(sample);
  if (!top) return <TrueLabels labels={truth} classNames={classNames} />;
  return (
    <>
      <p className={classes.labelLine}>
        {right !== null && <RightMark isRight={right} />}
        <span className="clip grow">{top.label}</span>
        {top.score !== null && <span className="number muted">{formatPercent(top.score)}</span>}
      </p>
      {top.score !== null && <ScoreTrack score={top.score} isRight={right ?? true} />}
      {truth.length > 0 && right === false && (
        <p className={classes.truthLine}>
          <span className="muted">Truth:</span> <span className="clip">{words(truth)}</span>
        </p>
      )}
    </>
  );
}

type TrueLabelsProps = { labels: readonly LabelScore[]; classNames: readonly string[] };

/** True labels in one line. */
export function TrueLabels({ labels, classNames }: TrueLabelsProps) {
  const [first] = labels;
  if (!first) return null;
  return (
    <p className={classes.labelLine}>
      <LabelDot label={first.label} classNames={classNames} />
      <span className="clip">{words(labels)}</span>
    </p>
  );
}

function LabelFacts({ sample, classNames }: PartProps) {
  return (
    <>
      <TruthChips labels={labelsOf(sample, "truth")} classNames={classNames} />
      <LabelScores sample={sample} />
    </>
  );
}

export function TruthChips({ labels, classNames }: TrueLabelsProps) {
  if (labels.length === 0) return null;
  return (
    <div>
      <h3>Truth</h3>
      <p className={classes.truths}>
        {labels.map((one) => (
          <span key={one.label} className={classes.chip}>
            <LabelDot label={one.label} classNames={classNames} />
            {one.label}
          </span>
        ))}
      </p>
    </div>
  );
}

function LabelScores({ sample }: { sample: SampleView }) {
  const labels = labelsOf(sample, "prediction");
  const truth = new Set(labelsOf(sample, "truth").map((one) => one.label));
  const right = isCorrect(sample);
  if (labels.length === 0) return null;
  return (
    <div>
      <h3>
        Prediction{" "}
        {right !== null && (
          <span className={classes.mark} data-right={right}>
            {right ? "✓ correct" : "✕ wrong"}
          </span>
        )}
      </h3>
      <ul className={classes.scores}>
        {labels.slice(0, SHOWN_LABELS).map((one) => (
          <ScoreLine key={one.label} score={one} isTrue={truth.has(one.label)} hasTruth={truth.size > 0} />
        ))}
      </ul>
      {labels.length > SHOWN_LABELS && (
        <p className="tiny muted">
          and {labels.length - SHOWN_LABELS} more below {formatPercent(labels[SHOWN_LABELS - 1]?.score ?? 0, 1)}
        </p>
      )}
    </div>
  );
}

function ScoreLine({ score, isTrue, hasTruth }: { score: LabelScore; isTrue: boolean; hasTruth: boolean }) {
  return (
    <li>
      <div className="spread">
        <span className={isTrue ? "strong clip" : "clip"}>
          {score.label}
          {isTrue && hasTruth && <span className="tiny muted"> (truth)</span>}
        </span>
        <span className="number">{score.score === null ? "" : formatPercent(score.score, 1)}</span>
      </div>
      {score.score !== null && <ScoreTrack score={score.score} isRight={isTrue || !hasTruth} />}
    </li>
  );
}

function ScoreTrack({ score, isRight }: { score: number; isRight: boolean }) {
  return (
    <div className={classes.scoreTrack} aria-hidden="true">
      <div data-right={isRight} style={{ width: `${score * 100}%` }} />
    </div>
  );
}

function words(labels: readonly LabelScore[]): string {
  return labels.map((one) => one.label).join(", ");
}
