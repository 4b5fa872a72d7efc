import { Button, FileButton } from "@mantine/core";
import { useNavigate } from "react-router";
import { useLoadSettings } from "../api/catalogue";
import { useExperiments } from "../api/experiments";
import type { Dataset, ExperimentSettings, LoadedSettings, ProblemType } from "../api/types";
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
  from: { id: string; settings: ExperimentSettings; dataset: string | null } | null;
  file: LoadedSettings | null;
};

const DEFAULTS = "defaults";

/** What decides the form: the dataset, the model type, and where the first values come from. */
export function SourceBar({
  source,
  datasets,
  onFile,
}: {
  source: FormSource;
  datasets: Dataset[];
  onFile: (file: LoadedSettings | null) => void;
}) {
  const setSearch = useSetSearch();
  const navigate = useNavigate();
  const experiments = useExperiments({ problem_type: source.type?.id }, 50).data?.items ?? [];
  const load = useLoadSettings();
  const models = source.type?.model_types.filter((model) => model.id !== null) ?? [];
  const starts = [
    { value: DEFAULTS, label: source.file ? "The file" : "Defaults" },
    ...experiments.map((one) => ({ value: one.id, label: one.name })),
  ];
  const open = async (file: File | null) => {
    if (file === null) return;
    const loaded = await load.mutateAsync(await file.text());
    onFile(loaded);
    setSearch({ from: null, problem: loaded.problem_type, model: loaded.model_type });
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
          label="Problem type"
          data={source.type ? [{ value: source.type.id, label: source.type.title }] : []}
          value={source.type?.id ?? null}
          readOnly
          description={undefined}
        />
        {models.length > 0 && (
          <SelectInput
            label="Model type"
            data={models.map((model) => ({ value: model.id ?? "", label: model.title }))}
            value={source.model}
            onChange={(model) => setSearch({ model })}
          />
        )}
        <SelectInput
          label="Start from"
          searchable
          data={starts}
          value={source.from?.id ?? DEFAULTS}
          onChange={(id) => (
            onFile(null),
            void navigate(
              id === DEFAULTS ? `?dataset=${source.dataset.id}` : `?dataset=${source.dataset.id}&from=${id}`,
              { replace: true },
            )
          )}
        />
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
