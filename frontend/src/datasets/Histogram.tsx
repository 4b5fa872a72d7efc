import type { DatasetProfile } from "../api/types";
import { formatCount } from "../ui/format";
import classes from "./datasets.module.css";

const WIDTH = 320;
const HEIGHT = 120;

/** Counts between edges as bars; the figures are in each bar's title and in the summary. */
export function Histogram({ histogram }: { histogram: DatasetProfile["histograms"][number] }) {
  const { title, unit, edges, counts } = histogram;
  const most = Math.max(1, ...counts);
  const step = WIDTH / Math.max(1, counts.length);
  const peak = counts.indexOf(most);
  const range = (i: number) => `${show(edges[i] ?? 0)} to ${show(edges[i + 1] ?? 0)}${unit ? ` ${unit}` : ""}`;
  return (
    <figure className={classes.figure}>
      <figcaption>{title}</figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`${title}: most in ${range(peak)}, ${formatCount(most)}`}
        preserveAspectRatio="none"
        className={classes.histogram}
      >
        {counts.map((count, i) => (
          <rect
            key={i}
            x={i * step + 0.75}
            y={HEIGHT - (count / most) * HEIGHT}
            width={Math.max(1, step - 1.5)}
            height={(count / most) * HEIGHT}
          >
            <title>
              {range(i)}: {formatCount(count)}
            </title>
          </rect>
        ))}
      </svg>
      <div className="spread tiny muted number">
        <span>{show(edges[0] ?? 0)}</span>
        <span>{unit}</span>
        <span>{show(edges.at(-1) ?? 0)}</span>
      </div>
    </figure>
  );
}

function show(value: number): string {
  return Math.abs(value) >= 1000 ? formatCount(value) : String(Number(value.toPrecision(3)));
}
