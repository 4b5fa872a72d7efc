import { Button, FileButton } from "@mantine/core";
import { useLoadSettings } from "../api/catalogue";
import type {
  Dataset,
  ExperimentRow,
  ExperimentSettings,
  LoadedSettings,
  MetricSummary,
  ProblemType,
} from "../api/types";
import { ExperimentSelect } from "../experiment/ExperimentSelect";
import { FindingList } from "../ui/FindingList";
import { plural } from "../ui/format";
import { FileIcon } from "../ui/icons";
import { SelectInput } from "../ui/inputs";
import { useSetSearch } from "../ui/search-state";
import { ErrorPanel } from "../ui/states";
import classes from "./form-page.module.css";

export type FormSource = {
  dataset: Dataset;
  type: ProblemType | undefined;
  model: string | null;
  from: {
    id: string;
    name: string;
    metric: MetricSummary | null;
    settings: ExperimentSettings;
    dataset: string | null;
  } | null;
  file: LoadedSettings | null;
};

const FROM_EXPERIMENT = "from_experiment";

type SourceBarProps = {
  source: FormSource;
  datasets: Dataset[];
  types: readonly ProblemType[];
  /** Whether the first values come from an experiment, also while none is chosen yet. */
  isFromExperiment: boolean;
  onFile: (file: LoadedSettings | null) => void;
};

/** What decides the form: the dataset, the problem and model type, and where the first values come from. */
export function SourceBar({ source, datasets, types, isFromExperiment, onFile }: SourceBarProps) {
  const setSearch = useSetSearch();
  const load = useLoadSettings();
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
    const loaded = await load.mutateAsync(await file.text());
    onFile(loaded);
    setSearch({ from: null, category: null, problem: loaded.problem_type, model: loaded.model_type });
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
          label="Dataset"
          data={datasets.map((one) => ({ value: one.id, label: one.name }))}
          value={source.dataset.id}
          onChange={(id) => (onFile(null), setSearch({ dataset: id, problem: null, model: null }))}
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
            onChange={(model) => setSearch({ model })}
          />
        )}
        <FileButton accept=".yaml,.yml,text/yaml" onChange={(file) => void open(file).catch(() => undefined)}>
          {(props) => (
            <Button {...props} variant="default" leftSection={<FileIcon size={16} />} loading={load.isPending}>
              Load YAML
            </Button>
          )}
        </FileButton>
      </div>
      {load.error && <ErrorPanel title="The file could not be used." error={load.error} />}
      {load.error &&
        "findings" in load.error &&
        Array.isArray(load.error.findings) &&
        load.error.findings.length > 0 && <FindingList findings={load.error.findings} />}
      {source.file && <LoadReport file={source.file} />}
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

/** What was understood of a file: nothing is dropped in silence. */
function LoadReport({ file }: { file: LoadedSettings }) {
  return (
    <details className="card" style={{ padding: "10px 16px" }}>
      <summary>
        From the file: {plural(file.taken.length, "setting")} taken, {file.translated.length} translated,{" "}
        {file.not_applicable.length} not applicable here
      </summary>
      <ul className="small" style={{ marginTop: 8 }}>
        {file.translated.map((one) => (
          <li key={one.from}>
            <code>{one.from}</code> became <code>{one.to}</code>
          </li>
        ))}
        {file.not_applicable.map((one) => (
          <li key={one.key}>
            <code>{one.key}</code>: {one.reason}
          </li>
        ))}
      </ul>
      {file.findings.length > 0 && <FindingList findings={file.findings} />}
    </details>
  );
}
