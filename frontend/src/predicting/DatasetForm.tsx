import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useDatasets } from "../api/datasets";
import { useStartPrediction } from "../api/predictions";
import type { Experiment, ProblemType, Run } from "../api/types";
import { formatCount } from "../ui/format";
import { SelectInput } from "../ui/inputs";
import { EmptyState } from "../ui/states";
import classes from "../pages/predict.module.css";
import { BadRowsSwitch } from "./BadRowsSwitch";
import { ColumnMapping } from "./ColumnMapping";
import { type ChosenColumns, offerOf, sentColumns } from "./columns";
import { StartError } from "./StartError";

/** A table of an imported dataset as work in the queue. */
export function DatasetForm({ run, experiment, type }: { run: Run; experiment: Experiment; type: ProblemType }) {
  const datasets = (useDatasets().data ?? []).filter(
    (one) => one.state === "ready" && one.problem_type === experiment.problem_type,
  );
  const [chosen, setChosen] = useState<string | null>(null);
  const [table, setTable] = useState<string | null>(null);
  const [name, setName] = useState("");
  const [isRefused, setIsRefused] = useState(false);
  const start = useStartPrediction();
  const navigate = useNavigate();
  const dataset =
    datasets.find((one) => one.id === chosen) ??
    datasets.find((one) => one.id === experiment.dataset?.id) ??
    datasets[0];
  const tables = dataset?.tables ?? [];
  const picked = tables.find((one) => one.name === table) ?? tables.find((one) => one.role === "test") ?? tables[0];
  if (!dataset || !picked)
    return <EmptyState title="No dataset of this problem type">Import one, or predict on a file.</EmptyState>;
  const offer = offerOf(start.error);
  const go = (columns: ChosenColumns = {}) =>
    start.mutate(
      {
        run_id: run.id,
        ...(name.trim() ? { name: name.trim() } : {}),
        dataset_id: dataset.id,
        table: picked.name,
        columns: sentColumns(columns),
        refuse_bad_rows: isRefused,
      },
      { onSuccess: (prediction) => void navigate(`/predictions/${prediction.id}`) },
    );
  return (
    <>
      <form className={classes.form} onSubmit={(event) => (event.preventDefault(), go())}>
        <SelectInput
          label="Dataset"
          data={datasets.map((one) => ({ value: one.id, label: one.name }))}
          value={dataset.id}
          onChange={(id) => (setChosen(id), setTable(null))}
        />
        <SelectInput
          label="Table"
          description="Where labels are in it, metrics are computed too."
          data={tables.map((one) => ({ value: one.name, label: `${one.name} (${formatCount(one.rows)} rows)` }))}
          value={picked.name}
          onChange={setTable}
        />
        <TextInput
          label="Name"
          placeholder={`${experiment.name} on ${picked.name}`}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <BadRowsSwitch isRefused={isRefused} onRefused={setIsRefused} />
        <div>
          <Button type="submit" loading={start.isPending}>
            Start prediction
          </Button>
        </div>
        {start.error && <StartError error={start.error} />}
      </form>
      {offer && (
        <ColumnMapping
          key={`${dataset.id} ${picked.name}`}
          offer={offer}
          type={type}
          isPending={start.isPending}
          onChoose={go}
        />
      )}
    </>
  );
}
