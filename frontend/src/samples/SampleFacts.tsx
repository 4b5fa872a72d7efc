import type { Box, LabelScore, SampleView } from "../api/types";
import { formatCount, formatMetric, formatPercent } from "../ui/format";
import { FactList } from "../ui/Page";
import { hasBoxes, isCorrect, type Overlay, predictedBoxes } from "./overlay";
import { LabelDot } from "./LabelDot";
import { spansIn, SpanList } from "./SpanList";
import { hasValues, ValueTable } from "./ValueTable";
import classes from "./samples.module.css";

const SHOWN_LABELS = 8;

/** Everything known about one sample, in words and numbers. */
export function SampleFacts({
  sample,
  classNames,
  overlay,
  isNumbered = true,
}: {
  sample: SampleView;
  classNames: readonly string[];
  overlay: Overlay;
  /** Whether its row means something to the person. */
  isNumbered?: boolean;
}) {
  const scores = Object.entries(sample.scores ?? {});
  return (
    <div className={classes.facts}>
      {(sample.truth?.labels.length ?? 0) > 0 && (
        <div>
          <h3>Truth</h3>
          <p className={classes.truths}>
            {sample.truth?.labels.map((one) => (
              <span key={one.label} className={classes.chip}>
                <LabelDot label={one.label} classNames={classNames} />
                {one.label}
              </span>
            ))}
          </p>
        </div>
      )}
      {(sample.prediction?.labels.length ?? 0) > 0 && <LabelScores sample={sample} />}
      {hasBoxes(sample) && <BoxList sample={sample} overlay={overlay} classNames={classNames} />}
      <SpanList sample={sample} overlay={overlay} classNames={classNames} />
      {hasValues(sample) && <ValueTable sample={sample} />}
      <Words title="Truth" text={unmarked(sample, "truth")} />
      <Words title="Prediction" text={unmarked(sample, "prediction")} />
      <FactList
        facts={[
          ...(isNumbered ? [{ label: "Row", value: formatCount(sample.row) }] : []),
          ...(sample.loss === null ? [] : [{ label: "Loss", value: formatMetric(sample.loss) }]),
          ...scores.map(([name, value]) => ({ label: name, value: formatMetric(value) })),
          ...(sample.media?.width
            ? [{ label: "Size", value: `${sample.media.width} × ${sample.media.height} px` }]
            : []),
        ]}
      />
      {sample.note && <p className="small muted">{sample.note}</p>}
    </div>
  );
}

/** A text that is true or predicted, unless it is listed as a stretch of the input already. */
function unmarked(sample: SampleView, role: "truth" | "prediction"): string | null {
  const text = sample[role]?.text ?? null;
  return spansIn(sample, role).some(({ words }) => words === text) ? null : text;
}

function Words({ title, text }: { title: string; text: string | null }) {
  if (text === null) return null;
  return (
    <div>
      <h3>{title}</h3>
      <p className={classes.words} dir="auto">
        {text || <span className="muted">(empty)</span>}
      </p>
    </div>
  );
}

function LabelScores({ sample }: { sample: SampleView }) {
  const labels = sample.prediction?.labels ?? [];
  const truth = new Set(sample.truth?.labels.map((one) => one.label));
  const right = isCorrect(sample);
  return (
    <div>
      <h3>
        Prediction{" "}
        {right !== null && (
          <span className={classes.mark} data-right={right}>
            {right ? "✓ right" : "✕ wrong"}
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
      {score.score !== null && (
        <div className={classes.scoreTrack} aria-hidden="true">
          <div data-right={isTrue || !hasTruth} style={{ width: `${score.score * 100}%` }} />
        </div>
      )}
    </li>
  );
}

const MATCH_WORDS = {
  correct: "✓ found",
  wrong: "✕ wrong class",
  missed: "✕ missed",
  invented: "✕ not there",
} as const;

function BoxList({
  sample,
  overlay,
  classNames,
}: {
  sample: SampleView;
  overlay: Overlay;
  classNames: readonly string[];
}) {
  const truth = overlay.showsTruth ? (sample.truth?.boxes ?? []) : [];
  const predicted = overlay.showsPrediction ? predictedBoxes(sample, overlay.confidence) : [];
  return (
    <>
      {truth.length > 0 && <BoxGroup title={`Truth, ${truth.length}`} boxes={truth} classNames={classNames} />}
      {sample.prediction !== null && (
        <BoxGroup title={`Prediction, ${predicted.length}`} boxes={predicted} classNames={classNames} />
      )}
    </>
  );
}

function BoxGroup({
  title,
  boxes,
  classNames,
}: {
  title: string;
  boxes: readonly Box[];
  classNames: readonly string[];
}) {
  const sorted = [...boxes].sort((a, b) => (b.score ?? 1) - (a.score ?? 1));
  return (
    <div>
      <h3>{title}</h3>
      <ul className={classes.boxes} tabIndex={0} aria-label={title}>
        {sorted.map((box, i) => (
          <li key={i}>
            <LabelDot label={box.label} classNames={classNames} />
            <span className="grow clip">{box.label}</span>
            {box.match && (
              <span className="tiny" data-right={box.match === "correct"}>
                {MATCH_WORDS[box.match]}
              </span>
            )}
            {box.score !== null && <span className="number">{formatPercent(box.score)}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}
