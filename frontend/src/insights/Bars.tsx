import type { BarsPayload } from "../api/insight";
import { formatCount, formatMetric } from "../ui/format";
import type { PanelProps } from "./panel";
import classes from "./insights.module.css";

/** Named amounts as rows of bars; the number stands at each. */
export function Bars({ payload, title }: PanelProps<BarsPayload>) {
  const highest = Math.max(...payload.values.map((value) => Math.abs(value ?? 0)), 1e-12);
  const isWhole = payload.values.every((value) => value === null || Number.isInteger(value));
  return (
    <figure aria-label={title} className={classes.bars}>
      <table>
        <thead className="hidden-visually">
          <tr>
            <th scope="col">{payload.x_label}</th>
            <th scope="col">{payload.y_label}</th>
          </tr>
        </thead>
        <tbody>
          {payload.names.map((name, i) => {
            const value = payload.values[i] ?? null;
            return (
              <tr key={name}>
                <th scope="row" className="clip" title={name}>
                  {name}
                </th>
                <td>
                  <div
                    className={classes.bar}
                    data-negative={(value ?? 0) < 0 || undefined}
                    style={{ width: `${(Math.abs(value ?? 0) / highest) * 100}%` }}
                  />
                </td>
                <td className={classes.barValue}>
                  {value === null ? "–" : isWhole ? formatCount(value) : formatMetric(value)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <figcaption className="tiny muted">
        {payload.y_label} by {payload.x_label}
      </figcaption>
    </figure>
  );
}
