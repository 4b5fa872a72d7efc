import { Link } from "react-router";
import type { MatrixPayload } from "../api/insight";
import { formatCount } from "../ui/format";
import { useInsightContext } from "./context";
import type { PanelProps } from "./panel";
import classes from "./insights.module.css";

const SHOWN = 30;

/** With very many classes a matrix cannot be read: the most frequent mistakes instead. */
export function TopConfusions({ payload, group }: Pick<PanelProps<MatrixPayload>, "payload" | "group">) {
  const { samplesLink } = useInsightContext();
  const counts = payload.counts.flat();
  const all = counts.reduce((sum, count) => sum + count, 0);
  const right = payload.row_names.reduce(
    (sum, name, i) => sum + (payload.counts[i]?.[payload.column_names.indexOf(name)] ?? 0),
    0,
  );
  const mistakes = payload.row_names
    .flatMap((truth, i) =>
      payload.column_names.map((prediction, j) => ({ truth, prediction, count: payload.counts[i]?.[j] ?? 0 })),
    )
    .filter((one) => one.truth !== one.prediction && one.count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, SHOWN);
  return (
    <div className="column" style={{ gap: 12 }}>
      <p className="small muted number">
        {formatCount(right)} of {formatCount(all)} correct{all > 0 && ` (${((right / all) * 100).toFixed(1)} %)`}.{" "}
        {payload.row_names.length} classes are too many for a matrix; the most frequent confusions are listed.
      </p>
      <div className={classes.tableScroll} tabIndex={0} role="region" aria-label="Most frequent confusions">
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{payload.row_label}</th>
              <th scope="col">{payload.column_label}</th>
              <th scope="col" data-number>
                Samples
              </th>
            </tr>
          </thead>
          <tbody>
            {mistakes.map(({ truth, prediction, count }) => {
              const link = payload.opens_samples ? samplesLink(group, { truth, prediction }) : null;
              return (
                <tr key={`${truth}/${prediction}`}>
                  <td>{truth}</td>
                  <td>{prediction}</td>
                  <td data-number>{link ? <Link to={link}>{formatCount(count)}</Link> : formatCount(count)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </div>
  );
}
