import { Button, FileButton } from "@mantine/core";
import { useRef, useState } from "react";
import { useLoadSettings } from "../api/catalogue";
import type { Dataset, ExperimentRow, Finding, ProblemType } from "../api/types";
import { ExperimentSelect } from "../experiment/ExperimentSelect";
import { FileIcon } from "../ui/icons";
import { SelectInput } from "../ui/inputs";
import { useSetSearch } from "../ui/search-state";
import { RefusalPanel } from "../ui/RefusalPanel";
import { DATASET_KEY, type FormSource, isNamed, type SettingsFile } from "./beginning";
import { fieldId } from "./Field";
import { FileReport } from "./FileReport";
import classes from "./form-page.module.css";

const FROM_EXPERIMENT = "from_experiment";

type SourceBarProps = {
  source: FormSource;
  datasets: Dataset[];
  types: readonly ProblemType[];
  /** Whether the first values come from an experiment, also while none is chosen yet. */
  isFromExperiment: boolean;
  onFile: (file: Omit<SettingsFile, "number"> | null) => void;
  /** Called before the dataset or the model type changes, so that the form's values stay. */
  onCarry: () => void;
};

/** What decides the form: the dataset, the problem and model type, and where the first values come from. */
export function SourceBar({ source, datasets, types, isFromExperiment, onFile, onCarry }: SourceBarProps) {
  const setSearch = useSetSearch();
  const load = useLoadSettings();
  const reset = useRef<() => void>(null);
  const [refused, setRefused] = useState<Finding[] | null>(null);
  const { type } = source;
  const models = type?.model_types.filter((model) => model.id !== null) ?? [];
  const offered = types.filter((one) => one.id === type?.id || newestOf(datasets, [one]));
  const inCategory = offered.filter((one) => one.category === type?.category);
  const choose = (kinds: readonly ProblemType[]) => {
    onFile(null);
    const dataset = newestOf(datasets, kinds);
    const stays = kinds.some((one) => one.id === source.dataset.problem_type);
    setSearch({
      dataset: stays || !dataset ? source.dataset.id : dataset.id,
      problem: null,
      model: null,
      from: null,
      category: null,
    });
  };
  const open = async (file: File | null) => {
    if (file === null) return;
    // Else a file that was corrected and is chosen again would not be read.
    reset.current?.();
    const loaded = await load.mutateAsync(await file.text());
    const isUsable = types.some((one) => one.id === loaded.problem_type);
    setRefused(isUsable ? null : loaded.findings);
    if (!isUsable) return;
    const asked = loaded.settings[DATASET_KEY];
    const own = datasets.find((one) => isNamed(one, asked));
    const other =
      source.dataset.problem_type === loaded.problem_type
        ? source.dataset
        : newestOf(
            datasets,
            types.filter((one) => one.id === loaded.problem_type),
          );
    onFile({ name: file.name, loaded, missing: own || typeof asked !== "string" || asked === "" ? null : asked });
    setSearch({
      dataset: (own ?? other ?? source.dataset).id,
      from: null,
      category: null,
      problem: loaded.problem_type,
      model: loaded.model_type,
    });
  };
  const chooseDataset = (id: string | null) => {
    const chosen = datasets.find((one) => one.id === id);
    if (!chosen) return;
    onCarry();
    const isSameType = chosen.problem_type === type?.id;
    setSearch({ dataset: chosen.id, problem: chosen.problem_type, model: isSameType ? source.model : null });
  };
  const startFrom = (chosen: ExperimentRow) => {
    onFile(null);
    const own = chosen.problem_type === source.dataset.problem_type ? source.dataset.id : chosen.dataset?.id;
    setSearch({ from: chosen.id, dataset: own ?? null, category: null, problem: null, model: null });
  };
  return (
    <>
      <div className={classes.head}>
        <SelectInput
          id={fieldId(DATASET_KEY)}
          label="Dataset"
          data={datasets.map((one) => ({ value: one.id, label: one.name }))}
          value={source.dataset.id}
          onChange={chooseDataset}
        />
        <SelectInput
          label="Problem category"
          data={[...categoriesOf(offered), { value: FROM_EXPERIMENT, label: "From experiment" }]}
          value={isFromExperiment ? FROM_EXPERIMENT : (type?.category ?? null)}
          onChange={(category) =>
            category === FROM_EXPERIMENT
              ? (onFile(null), setSearch({ category }))
              : choose(offered.filter((one) => one.category === category))
          }
        />
        {isFromExperiment && <ExperimentSelect value={source.from} onChange={startFrom} />}
        <SelectInput
          label="Problem type"
          data={inCategory.map((one) => ({ value: one.id, label: one.title }))}
          value={type?.id ?? null}
          readOnly={isFromExperiment || inCategory.length < 2}
          onChange={(id) => choose(offered.filter((one) => one.id === id))}
        />
        {models.length > 0 && (
          <SelectInput
            label="Model type"
            data={models.map((model) => ({ value: model.id ?? "", label: model.title }))}
            value={source.model}
            readOnly={isFromExperiment && source.from !== null}
            onChange={(model) => (onCarry(), setSearch({ model }))}
          />
        )}
        <FileButton
          resetRef={reset}
          accept=".yaml,.yml,text/yaml"
          onChange={(file) => void open(file).catch(() => undefined)}
        >
          {(props) => (
            <Button {...props} variant="default" leftSection={<FileIcon size={16} />} loading={load.isPending}>
              Load YAML
            </Button>
          )}
        </FileButton>
      </div>
      {load.error && <RefusalPanel title="The file could not be used." error={load.error} />}
      {refused && !load.error && (
        <RefusalPanel
          title="The file could not be used."
          error={{ code: "problem_type", message: "Its problem type is not known here.", hint: "", findings: refused }}
        />
      )}
      {source.file && <FileReport file={source.file} dataset={source.dataset.name} />}
    </>
  );
}

function categoriesOf(types: readonly ProblemType[]): { value: string; label: string }[] {
  return [...new Map(types.map((one) => [one.category, one.category_title]))].map(([value, label]) => ({
    value,
    label,
  }));
}

function newestOf(datasets: readonly Dataset[], types: readonly ProblemType[]): Dataset | undefined {
  return [...datasets]
    .filter((one) => types.some((type) => type.id === one.problem_type))
    .sort((a, b) => b.created - a.created)[0];
}
