import type { Run } from "../api/types";
import { showValue } from "../form/schema";
import { formatMetric, plural } from "../ui/format";
import { SelectInput } from "../ui/inputs";
import { stateWord } from "../ui/Status";
import classes from "./experiment.module.css";

/** Which run of the experiment the tabs show. */
export function RunBar({
  runs,
  run,
  onChoose,
}: {
  runs: readonly Run[];
  run: Run | undefined;
  onChoose: (id: string) => void;
}) {
  return (
    <div className={classes.runBar}>
      <SelectInput
        label="Run"
        w={420}
        searchable
        data={runs.map((one, i) => ({ value: one.id, label: describe(one, i) }))}
        value={run?.id ?? null}
        onChange={(id) => onChoose(id ?? "")}
      />
      <span className="small muted number">
        {plural(runs.length, "run")}, {runs.filter((one) => one.state === "finished").length} finished
      </span>
    </div>
  );
}

function describe(run: Run, index: number): string {
  const grid = Object.entries(run.grid).map(
    ([key, value]) => `${key.split(".").at(-1)?.replaceAll("_", " ")} ${showValue(undefined, value)}`,
  );
  const fold = run.fold === null ? [] : [`fold ${run.fold}`];
  const best = typeof run.best.metric === "number" ? [formatMetric(run.best.metric)] : [];
  return [`${index + 1}`, ...(grid.length > 0 ? grid : fold), stateWord(run.state).toLowerCase(), ...best].join(" · ");
}
