import type { SampleView } from "../api/types";
import { formatMetric } from "../ui/format";
import classes from "./samples.module.css";

/** Numbers of a sample: predicted, true, and how far apart. */
export function ValueTable({ sample }: { sample: SampleView }) {
  const truth = sample.truth?.values ?? {};
  const predicted = sample.prediction?.values ?? {};
  const names = [...new Set([...Object.keys(predicted), ...Object.keys(truth)])];
  const hasBoth = names.some((name) => name in truth && name in predicted);
  return (
    <table className={classes.values}>
      <thead>
        <tr>
          <th scope="col">Value</th>
          {sample.prediction && <th scope="col">Prediction</th>}
          {sample.truth && <th scope="col">Truth</th>}
          {hasBoth && <th scope="col">Error</th>}
        </tr>
      </thead>
      <tbody>
        {names.map((name) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            {sample.prediction && <td>{formatMetric(predicted[name])}</td>}
            {sample.truth && <td>{formatMetric(truth[name])}</td>}
            {hasBoth && <td>{formatMetric(difference(predicted[name], truth[name]))}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function difference(predicted: number | undefined, truth: number | undefined): number | null {
  return predicted === undefined || truth === undefined ? null : predicted - truth;
}

export function hasValues(sample: SampleView): boolean {
  return [sample.truth, sample.prediction].some((one) => one !== null && Object.keys(one.values ?? {}).length > 0);
}
