import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { useExperiments } from "../api/experiments";
import type { ExperimentRow, MetricSummary } from "../api/types";
import { formatMetric } from "../ui/format";
import { SelectInput, withRest } from "../ui/inputs";

const SHOWN = 50;

type Chosen = { id: string; name: string; metric: MetricSummary | null };
type ExperimentSelectProps = {
  value: Chosen | null;
  onChange: (experiment: ExperimentRow) => void;
  /** Offers only experiments with a finished model. */
  hasModel?: boolean;
};

/** Chooses one of any number of experiments: the newest are offered, what is typed is searched among all. */
export function ExperimentSelect({ value, onChange, hasModel = false }: ExperimentSelectProps) {
  const [text, setText] = useState("");
  const [settled] = useDebouncedValue(text, 150);
  const shown = value === null ? "" : labelOf(value);
  // What the field shows of the choice is no search.
  const q = settled === shown ? "" : settled;
  const page = useExperiments({ q, ...(hasModel && { has_model: true }) }, SHOWN).data;
  const found = page?.items ?? [];
  const options: Chosen[] = value === null || found.some((one) => one.id === value.id) ? found : [value, ...found];
  return (
    <SelectInput
      label="Experiment"
      searchable
      placeholder={page && page.total === 0 && q === "" ? "No experiment yet" : "Search by name, tag or notes"}
      data={options.map((one) => ({ value: one.id, label: labelOf(one) }))}
      filter={({ options: all }) => withRest(all, (page?.total ?? 0) - found.length)}
      nothingFoundMessage="No experiment matches"
      searchValue={text}
      onSearchChange={setText}
      value={value?.id ?? null}
      onChange={(id) => {
        const chosen = found.find((one) => one.id === id);
        if (chosen) onChange(chosen);
      }}
    />
  );
}

function labelOf({ name, metric }: Chosen): string {
  return metric === null || metric.best === null ? name : `${name}, ${metric.label} ${formatMetric(metric.best)}`;
}
