import { Button } from "@mantine/core";
import type { Experiment, Run } from "../api/types";
import { plural } from "../ui/format";
import { bestRun } from "./runs";
import { RunSelect } from "./RunSelect";
import classes from "./experiment.module.css";

type RunBarProps = { experiment: Experiment; run: Run | undefined; onChoose: (id: string) => void };

/** Which run of the experiment the tabs show, and the way to the best one. */
export function RunBar({ experiment, run, onChoose }: RunBarProps) {
  const { runs } = experiment;
  const best = bestRun(experiment);
  return (
    <div className={classes.runBar}>
      <RunSelect experiment={experiment} runs={runs} run={run} onChoose={onChoose} />
      <span className="small muted number">
        {plural(runs.length, "run")}, {runs.filter((one) => one.state === "finished").length} finished
      </span>
      {best && best !== run && (
        <Button variant="subtle" size="xs" onClick={() => onChoose(best.id)}>
          Show best run ({best.number})
        </Button>
      )}
    </div>
  );
}
