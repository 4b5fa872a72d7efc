import type { SampleView } from "../../api/types";
import { formatDifference, formatMetric } from "../../ui/format";
import { annotationOf, type PartProps, type Renderer } from "../renderer";
import classes from "../samples.module.css";

const SHOWN_VALUES = 3;

/** Numbers: predicted, true, and how far apart. */
export const VALUES: Renderer = { Lines: ValueLines, Facts: ValueTable };

type Value = { name: string; predicted: number | undefined; truth: number | undefined; error: number | null };

function valuesOf(sample: SampleView): Value[] {
  const truth = annotationOf(sample, "truth", "values")?.values ?? {};
  const predicted = annotationOf(sample, "prediction", "values")?.values ?? {};
  const names = [...new Set([...Object.keys(predicted), ...Object.keys(truth)])];
  return names.map((name) => {
    const [ours, theirs] = [predicted[name], truth[name]];
    const error = ours === undefined || theirs === undefined ? null : ours - theirs;
    return { name, predicted: ours, truth: theirs, error };
  });
}

function ValueLines({ sample }: PartProps) {
  return valuesOf(sample)
    .slice(0, SHOWN_VALUES)
    .map(({ name, predicted, truth, error }) => (
      <div key={name}>
        <p className={classes.labelLine}>
          <span className="clip grow">{name}</span>
          <span className="number">{formatMetric(predicted ?? truth)}</span>
        </p>
        {error !== null && (
          <p className={classes.valueLine}>
            <span>true {formatMetric(truth)}</span>
            <span title="Prediction minus truth">{formatDifference(error)}</span>
          </p>
        )}
      </div>
    ));
}

function ValueTable({ sample }: PartProps) {
  const values = valuesOf(sample);
  const hasBoth = values.some(({ error }) => error !== null);
  if (values.length === 0) return null;
  return (
    <table className={classes.values}>
      <thead>
        <tr>
          <th scope="col">Value</th>
          {sample.prediction && <th scope="col">Prediction</th>}
          {sample.truth && <th scope="col">Truth</th>}
          {hasBoth && (
            <th scope="col" title="Prediction minus truth">
              Error
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {values.map(({ name, predicted, truth, error }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            {sample.prediction && <td>{formatMetric(predicted)}</td>}
            {sample.truth && <td>{formatMetric(truth)}</td>}
            {hasBoth && <td>{formatDifference(error)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
