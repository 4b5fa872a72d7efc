import { SegmentedControl } from "@mantine/core";
import { useProblemType } from "../api/catalogue";
import { useExperiment, useExperiments } from "../api/experiments";
import type { ExperimentRow } from "../api/types";
import { ExperimentSelect } from "../experiment/ExperimentSelect";
import { modelRun } from "../experiment/runs";
import { RunSelect } from "../experiment/RunSelect";
import { DatasetForm } from "../predicting/DatasetForm";
import { FileForm } from "../predicting/FileForm";
import { OneForm } from "../predicting/OneForm";
import { OneRowForm } from "../predicting/OneRowForm";
import { PredictionIcon } from "../ui/icons";
import { Page } from "../ui/Page";
import { useSearchState, useSetSearch } from "../ui/search-state";
import { Answer, EmptyState, ErrorPanel, LoadingRows } from "../ui/states";
import { Button } from "@mantine/core";
import { Link } from "react-router";
import classes from "./predict.module.css";

const WAYS = [
  { value: "one", label: "One item" },
  { value: "dataset", label: "A dataset" },
  { value: "file", label: "A file" },
];

export function NewPredictionPage() {
  const newest = useExperiments({ has_model: true }, 1);
  return (
    <Page title="New prediction" lead="Run the model of a finished experiment on new data.">
      <Answer query={newest} what="The experiments" loading={<LoadingRows rows={4} height={56} />}>
        {({ items: [first] }) => (first ? <Choose first={first} /> : <NoModel />)}
      </Answer>
    </Page>
  );
}

function NoModel() {
  return (
    <EmptyState
      icon={<PredictionIcon />}
      title="No experiment has finished yet"
      action={
        <Button component={Link} to="/experiments">
          Experiments
        </Button>
      }
    >
      Predictions need a trained model. It is there when an experiment finishes.
    </EmptyState>
  );
}

function Choose({ first }: { first: ExperimentRow }) {
  const [asked] = useSearchState("experiment", first.id);
  const [chosen, setChosen] = useSearchState("run");
  const setSearch = useSetSearch();
  const [way, setWay] = useSearchState("with", "one");
  const query = useExperiment(asked);
  const experiment = query.data;
  const run = experiment && modelRun(experiment, chosen);
  const usable = experiment?.runs.filter((one) => one.has_bundle) ?? [];
  const type = useProblemType(experiment?.problem_type);
  return (
    <div className="column" style={{ gap: 24 }}>
      <div className={classes.choose}>
        <ExperimentSelect
          value={experiment ?? null}
          hasModel
          onChange={(one) => setSearch({ experiment: one.id, run: null })}
        />
        {experiment && experiment.runs.length > 1 && run && (
          <RunSelect experiment={experiment} runs={usable} run={run} onChoose={setChosen} />
        )}
        <div className={classes.way}>
          <span id="way" className={classes.wayLabel}>
            Predict on
          </span>
          <SegmentedControl aria-labelledby="way" data={WAYS} value={way} onChange={setWay} />
        </div>
      </div>
      {query.error && <ErrorPanel title="The experiment could not be loaded." error={query.error} />}
      {experiment && !run && (
        <EmptyState title="This experiment has no model">
          None of its runs has finished. Wait for one or resume it, or choose another experiment.
        </EmptyState>
      )}
      {experiment && run && type && way === "one" && (
        <>
          {type.medium === null ? (
            <OneRowForm key={run.id} run={run} experiment={experiment} type={type} />
          ) : (
            <OneForm key={run.id} run={run} experiment={experiment} type={type} />
          )}
        </>
      )}
      {experiment && run && type && way === "dataset" && <DatasetForm run={run} experiment={experiment} type={type} />}
      {experiment && run && type && way === "file" && <FileForm run={run} type={type} />}
    </div>
  );
}
