import { Button } from "@mantine/core";
import { Link, useSearchParams } from "react-router";
import { useProblemTypes, useSettingsDocument } from "../api/catalogue";
import { useDatasets } from "../api/datasets";
import { useExperiment, useExperimentSettings } from "../api/experiments";
import { useRef, useState } from "react";
import type { Dataset } from "../api/types";
import { type Carried, carriedOf, type FormSource, type SettingsFile } from "../form/beginning";
import { ExperimentForm } from "../form/ExperimentForm";
import { SourceBar } from "../form/SourceBar";
import type { FormStore } from "../form/store";
import { DatasetIcon } from "../ui/icons";
import { Page } from "../ui/Page";
import { Answer, EmptyState, LoadingRows } from "../ui/states";

export function NewExperimentPage() {
  const datasets = useDatasets();
  return (
    <Page title="New experiment" lead="Choose the data, look over the settings, start.">
      <Answer query={datasets} what="The datasets" loading={<LoadingRows rows={6} height={56} />}>
        {(all) =>
          all.some((dataset) => dataset.state === "ready") ? (
            <Chosen datasets={all.filter((dataset) => dataset.state === "ready")} />
          ) : (
            <NoDataset />
          )
        }
      </Answer>
    </Page>
  );
}

function NoDataset() {
  return (
    <EmptyState
      icon={<DatasetIcon />}
      title="An experiment needs a dataset"
      action={
        <>
          <Button component={Link} to="/datasets/import">
            Import dataset
          </Button>
          <Button component={Link} to="/welcome" variant="default">
            Use an example
          </Button>
        </>
      }
    >
      Import your own data, or take one of the examples that the studio makes in seconds.
    </EmptyState>
  );
}

/** What the address chooses: dataset, problem type, model type, and where the values come from. */
function Chosen({ datasets }: { datasets: Dataset[] }) {
  const [params] = useSearchParams();
  const from = params.get("from");
  const [file, setFile] = useState<SettingsFile | null>(null);
  const [carried, setCarried] = useState<Carried | null>(null);
  const store = useRef<FormStore | null>(null);
  const files = useRef(0);
  const types = useProblemTypes();
  const origin = useExperiment(from);
  const originSettings = useExperimentSettings(from);
  const wanted = params.get("dataset") ?? origin.data?.dataset?.id ?? null;
  const waitsForOrigin = from !== null && (origin.isPending || originSettings.isPending);
  const dataset = datasets.find((one) => one.id === wanted || one.name === wanted) ?? (newest(datasets) as Dataset);
  const problem =
    params.get("problem") ??
    file?.loaded.problem_type ??
    (wanted === null ? origin.data?.problem_type : undefined) ??
    dataset.problem_type;
  const type = types.data?.find((one) => one.id === problem);
  const wantedModel = params.get("model") ?? file?.loaded.model_type ?? originSettings.data?.model_type ?? null;
  const model = type?.model_types.find((one) => one.id === wantedModel)?.id ?? type?.model_types[0]?.id ?? null;
  const document = useSettingsDocument(type && !waitsForOrigin ? type.id : null, model, dataset.id);
  const source: FormSource = {
    dataset,
    type,
    model,
    file,
    carried,
    from:
      originSettings.data && originSettings.data.problem_type === problem
        ? {
            id: from ?? "",
            name: origin.data?.name ?? "",
            metric: origin.data?.metric ?? null,
            settings: originSettings.data,
            dataset: origin.data?.dataset?.id ?? null,
          }
        : null,
  };
  const takeFile = (next: Omit<SettingsFile, "number"> | null) => {
    setCarried(null);
    files.current += 1;
    setFile(next && { ...next, number: files.current });
  };
  const carry = () => {
    if (store.current) setCarried(carriedOf(store.current, source));
    setFile((old) => old && { ...old, missing: null });
  };
  return (
    <>
      <SourceBar
        source={source}
        datasets={datasets}
        types={types.data ?? []}
        isFromExperiment={from !== null || params.get("category") !== null}
        onFile={takeFile}
        onCarry={carry}
      />
      <Answer query={document} what="The settings" loading={<LoadingRows rows={7} height={64} />}>
        {(loaded) => (
          <ExperimentForm
            key={`${loaded.hash}|${dataset.id}|${model}|${source.from?.id ?? ""}|${file?.number ?? ""}`}
            document={loaded}
            source={source}
            storeRef={store}
          />
        )}
      </Answer>
    </>
  );
}

function newest(datasets: Dataset[]): Dataset | undefined {
  return [...datasets].sort((a, b) => b.created - a.created)[0];
}
