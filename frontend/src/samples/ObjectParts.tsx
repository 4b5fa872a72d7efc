import { memo } from "react";
import type { Box, SampleView } from "../api/types";
import { formatPercent, plural } from "../ui/format";
import { LabelDot } from "./LabelDot";
import { MatchWords, Mistakes } from "./match";
import classes from "./samples.module.css";

/** What boxes and instances have in common. */
export type SampleObject = Pick<Box, "label" | "score" | "match">;

type SidesProps = { sample: SampleView; truth: readonly SampleObject[]; predicted: readonly SampleObject[] };

/** How many there are, and how many mistakes; `noun` is what one of them is called. */
export function ObjectCounts({ sample, truth, predicted, noun }: SidesProps & { noun: string }) {
  return (
    <p className={`${classes.labelLine} ${classes.wraps}`}>
      {sample.truth !== null && <span>{plural(truth.length, noun)}</span>}
      {sample.prediction !== null && <span className="muted">{predicted.length} predicted</span>}
      <Mistakes truth={truth} predicted={predicted} />
    </p>
  );
}

type ClassCountsProps = { row: number; objects: readonly SampleObject[]; count: string };

/** How many of each class: a list of all of them would push everything else away. `count` says how many there are. */
export function ObjectClassCounts({ row, objects, count }: ClassCountsProps) {
  const counts = new Map<string, number>();
  for (const { label } of objects) counts.set(label, (counts.get(label) ?? 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  return (
    <p className="small">
      <span className="muted">
        Row {row}, {count}
        {objects.length > 0 && ": "}
      </span>
      {sorted.map(([name, times]) => `${name} ${times}`).join(", ")}
    </p>
  );
}

/** All of them by side, the surest first. */
export function ObjectLists({ sample, truth, predicted, classNames }: SidesProps & { classNames: readonly string[] }) {
  return (
    <>
      {truth.length > 0 && <ObjectList title={`Truth, ${truth.length}`} objects={truth} classNames={classNames} />}
      {sample.prediction !== null && (
        <ObjectList title={`Prediction, ${predicted.length}`} objects={predicted} classNames={classNames} />
      )}
    </>
  );
}

type ObjectListProps = { title: string; objects: readonly SampleObject[]; classNames: readonly string[] };

/** Hundreds of lines, which are not made anew where only the look of the picture changes. */
const ObjectList = memo(function ObjectList({ title, objects, classNames }: ObjectListProps) {
  const sorted = [...objects].sort((a, b) => (b.score ?? 1) - (a.score ?? 1));
  return (
    <div>
      <h3>{title}</h3>
      <ul className={classes.boxes} tabIndex={0} aria-label={title}>
        {sorted.map((one, i) => (
          <li key={i}>
            <LabelDot label={one.label} classNames={classNames} />
            <span className="grow clip">{one.label}</span>
            <MatchWords match={one.match} />
            {one.score !== null && <span className="number">{formatPercent(one.score)}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
});
