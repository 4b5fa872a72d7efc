import { Slider } from "@mantine/core";
import { useState } from "react";
import type { ThresholdCurvesPayload, ThresholdPoint } from "../api/insight";
import { formatCount, formatMetric } from "../ui/format";
import { SelectInput } from "../ui/inputs";
import { short } from "./Lines";
import type { PanelProps } from "./panel";
import { XYPlot } from "./XYPlot";
import classes from "./insights.module.css";

/** ROC and precision-recall of a class. The slider moves the threshold; counts, precision and recall follow. */
export function ThresholdCurves({ payload, title }: PanelProps<ThresholdCurvesPayload>) {
  const [index, setIndex] = useState(0);
  const [threshold, setThreshold] = useState(startOf(payload, 0));
  const points = payload.points[index] ?? [];
  const now = pointAt(points, threshold);
  const name = payload.classes[index] ?? "";
  const pick = (distance: (point: ThresholdPoint) => number) => {
    const best = points.reduce(
      (near, point) => (distance(point) < distance(near) ? point : near),
      points[0] as ThresholdPoint,
    );
    if (best) setThreshold(best.threshold);
  };
  return (
    <div className="column" style={{ gap: 16 }}>
      <div className={classes.thresholdBar}>
        {payload.classes.length > 1 && (
          <SelectInput
            size="sm"
            label="Class"
            w={200}
            data={payload.classes.map((one, i) => ({ value: String(i), label: one }))}
            value={String(index)}
            onChange={(value) => {
              setIndex(Number(value));
              if (payload.thresholds?.length) setThreshold(startOf(payload, Number(value)));
            }}
          />
        )}
        <div className={classes.thresholdSlider}>
          <span className="small">
            Threshold <strong className="number">{threshold.toFixed(2)}</strong>
            {payload.classes.length === 1 && <span className="muted"> for {name}</span>}
          </span>
          <Slider
            thumbLabel="Threshold"
            label={null}
            min={0}
            max={1}
            step={0.01}
            value={threshold}
            onChange={setThreshold}
            marks={[{ value: startOf(payload, index) }]}
          />
        </div>
      </div>
      {now && <Outcome point={now} isOverlap={payload.is_overlap === true} />}
      <div className={classes.twoPlots}>
        <Curve
          title="Precision and recall"
          score={`Average precision ${formatMetric(payload.average_precision[index])}`}
        >
          <XYPlot
            label={`${title}: precision against recall for ${name}`}
            xLabel="Recall"
            yLabel="Precision"
            height={264}
            format={short}
            xExtent={[0, 1]}
            yExtent={[0, 1]}
            lines={[
              {
                name: "Precision",
                colour: 0,
                x: points.map((point) => point.recall),
                y: points.map((point) => point.precision),
              },
            ]}
            marks={now && now.precision !== null ? [{ x: now.recall, y: now.precision, colour: 0 }] : []}
            onPick={(x, y) => pick((point) => (point.recall - x) ** 2 + ((point.precision ?? 2) - y) ** 2)}
          />
        </Curve>
        <Curve title="ROC" score={`Area ${formatMetric(payload.roc_auc[index])}`}>
          <XYPlot
            label={`${title}: true positive rate against false positive rate for ${name}`}
            xLabel="False positive rate"
            yLabel="True positive rate"
            height={264}
            format={short}
            xExtent={[0, 1]}
            yExtent={[0, 1]}
            diagonal
            lines={[
              {
                name: "True positive rate",
                colour: 3,
                x: points.map((point) => point.false_positive_rate),
                y: points.map((point) => point.recall),
              },
            ]}
            marks={now ? [{ x: now.false_positive_rate, y: now.recall, colour: 3 }] : []}
            onPick={(x, y) => pick((point) => (point.false_positive_rate - x) ** 2 + (point.recall - y) ** 2)}
          />
        </Curve>
      </div>
    </div>
  );
}

function Curve({ title, score, children }: { title: string; score: string; children: React.ReactNode }) {
  return (
    <div>
      <div className="spread">
        <h3>{title}</h3>
        <span className="small muted number">{score}</span>
      </div>
      {children}
    </div>
  );
}

/** The threshold that decides a class: its own where each has one. */
function startOf(payload: ThresholdCurvesPayload, index: number): number {
  return payload.thresholds?.[index] ?? payload.default_threshold;
}

/** Intersection over union of what is predicted and true; null where neither is. */
export function iouOf(point: ThresholdPoint): number | null {
  const union = point.true_positives + point.false_positives + point.false_negatives;
  return union > 0 ? point.true_positives / union : null;
}

function Outcome({ point, isOverlap }: { point: ThresholdPoint; isOverlap: boolean }) {
  const f1 =
    point.precision !== null && point.precision + point.recall > 0
      ? (2 * point.precision * point.recall) / (point.precision + point.recall)
      : null;
  const counts: [string, string][] = [
    ["Precision", formatMetric(point.precision)],
    ["Recall", formatMetric(point.recall)],
    ...(isOverlap ? ([["IoU", formatMetric(iouOf(point))]] as [string, string][]) : []),
    [isOverlap ? "Dice" : "F1", formatMetric(f1)],
    ["True positives", formatCount(point.true_positives)],
    ["False positives", formatCount(point.false_positives)],
    ["False negatives", formatCount(point.false_negatives)],
    ["True negatives", formatCount(point.true_negatives)],
  ];
  return (
    <dl className={classes.outcome} aria-live="polite">
      {counts.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The point of the lowest threshold that is not below the asked one; thresholds fall. */
export function pointAt(points: readonly ThresholdPoint[], threshold: number): ThresholdPoint | undefined {
  let found = points[0];
  for (const point of points) if (point.threshold >= threshold - 1e-9) found = point;
  return found;
}
