import type { Experiment, Run } from "../api/types";
import { showValue } from "../form/schema";
import { formatMetric } from "../ui/format";
import { SelectInput } from "../ui/inputs";
import { stateWord } from "../ui/Status";

type RunSelectProps = {
  experiment: Experiment;
  /** Those of its runs that can be chosen. */
  runs: readonly Run[];
  run: Run | undefined;
  onChoose: (id: string) => void;
};

/** Chooses a run by its number, what sets it apart, and its metric; the best one is marked. */
export function RunSelect({ experiment, runs, run, onChoose }: RunSelectProps) {
  return (
    <SelectInput
      label="Run"
      w={420}
      maw="100%"
      searchable
      data={runs.map((one) => ({ value: one.id, label: describe(one, experiment.best_run) }))}
      value={run?.id ?? null}
      onChange={(id) => onChoose(id ?? "")}
    />
  );
}

function describe(run: Run, best: number | null): string {
  const grid = Object.entries(run.grid).map(
    ([key, value]) => `${key.split(".").at(-1)?.replaceAll("_", " ")} ${showValue(undefined, value)}`,
  );
  const fold = run.fold === null ? [] : [`fold ${run.fold}`];
  const metric = typeof run.best.metric === "number" ? [formatMetric(run.best.metric)] : [];
  const parts = [`${run.number}`, ...(grid.length > 0 ? grid : fold), stateWord(run.state).toLowerCase(), ...metric];
  return [...parts, ...(run.number === best ? ["best"] : [])].join(" · ");
}
