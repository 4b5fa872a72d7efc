import { memo } from "react";
import type { LabelScore, SampleView } from "../api/types";
import { formatMetric, formatPercent, plural } from "../ui/format";
import { ImageOverlay } from "./ImageOverlay";
import { classColour, hasBoxes, isCorrect, type MediaSource, type Overlay, predictedBoxes } from "./overlay";
import classes from "./samples.module.css";

type SampleCardProps = {
  sample: SampleView;
  source: MediaSource;
  classNames: readonly string[];
  overlay: Overlay;
  onOpen: (sample: SampleView) => void;
};

/** One sample in a grid: the picture, what is true, what was predicted, and how wrong that was. */
export const SampleCard = memo(function SampleCard({ sample, source, classNames, overlay, onOpen }: SampleCardProps) {
  return (
    <li className={classes.card}>
      <button type="button" className={classes.cardButton} onClick={() => onOpen(sample)} data-sample={sample.row}>
        {sample.media !== null && (
          <div className={classes.picture}>
            <ImageOverlay sample={sample} source={source} classNames={classNames} overlay={overlay} size={256} />
          </div>
        )}
        <div className={classes.caption}>
          <SampleText sample={sample} />
          {hasBoxes(sample) ? (
            <BoxCounts sample={sample} overlay={overlay} />
          ) : (
            <LabelLines sample={sample} classNames={classNames} overlay={overlay} />
          )}
          <div className={classes.footLine}>
            <span className="clip">{sample.title || `Row ${sample.row}`}</span>
            {sample.loss !== null && (
              <span className="number" title="Loss">
                loss {formatMetric(sample.loss)}
              </span>
            )}
          </div>
          {sample.note && <p className={classes.note}>{sample.note}</p>}
        </div>
      </button>
    </li>
  );
});

function SampleText({ sample }: { sample: SampleView }) {
  const text = sample.truth?.text ?? sample.prediction?.text;
  return text ? <p className={classes.text}>{text}</p> : null;
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
        {right !== null && (
          <span className={classes.mark} data-right={right}>
            <span aria-hidden="true">{right ? "✓" : "✕"}</span>
            <span className="hidden-visually">{right ? "Right" : "Wrong"}</span>
          </span>
        )}
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

export function LabelDot({ label, classNames }: { label: string; classNames: readonly string[] }) {
  return (
    <span className={classes.labelDot} style={{ background: classColour(label, classNames) }} aria-hidden="true" />
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
      {(missed > 0 || wrong > 0) && (
        <span className={classes.misses}>
          {[missed > 0 && `${missed} missed`, wrong > 0 && `${wrong} wrong`].filter(Boolean).join(", ")}
        </span>
      )}
    </p>
  );
}

function words(labels: readonly LabelScore[]): string {
  return labels.map((one) => one.label).join(", ");
}
