import { SegmentedControl } from "@mantine/core";
import { useProblemType } from "../api/catalogue";
import { useExperiment, useExperiments } from "../api/experiments";
import type { Run } from "../api/types";
import { DatasetForm } from "../predicting/DatasetForm";
import { FileForm } from "../predicting/FileForm";
import { OneForm } from "../predicting/OneForm";
import { OneRowForm } from "../predicting/OneRowForm";
import { formatMetric } from "../ui/format";
import { PredictionIcon } from "../ui/icons";
import { SelectInput } from "../ui/inputs";
import { Page } from "../ui/Page";
import { useSearchState } from "../ui/search-state";
import { Answer, EmptyState, LoadingRows } from "../ui/states";
import { Button } from "@mantine/core";
import { Link } from "react-router";
import classes from "./predict.module.css";

const WAYS = [
  { value: "one", label: "One item" },
  { value: "dataset", label: "A dataset" },
  { value: "file", label: "A file" },
];

export function NewPredictionPage() {
  const finished = useExperiments({}, 200);
  return (
    <Page title="New prediction" lead="A finished experiment answers about data it has not seen.">
      <Answer query={finished} what="The experiments" loading={<LoadingRows rows={4} height={56} />}>
        {(page) => {
          const usable = page.items.filter(
            (one) => one.state === "finished" || (one.runs_by_state.finished ?? 0) > 0 || one.state === "stopped",
          );
          if (usable.length === 0)
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
          return (
            <Choose
              options={usable.map((one) => ({
                value: one.id,
                label:
                  one.metric?.best === null || one.metric === null
                    ? one.name
                    : `${one.name}, ${one.metric.label} ${formatMetric(one.metric.best)}`,
              }))}
            />
          );
        }}
      </Answer>
    </Page>
  );
}

function Choose({ options }: { options: { value: string; label: string }[] }) {
  const [asked, setAsked] = useSearchState("experiment");
  const [way, setWay] = useSearchState("with", "one");
  const id = options.some((one) => one.value === asked) ? asked : (options[0]?.value ?? null);
  const experiment = useExperiment(id).data;
  const run: Run | undefined = experiment?.runs.find((one) => one.has_bundle);
  const type = useProblemType(experiment?.problem_type);
  return (
    <div className="column" style={{ gap: 24 }}>
      <div className={classes.choose}>
        <SelectInput
          label="Experiment"
          searchable
          data={options}
          value={id}
          onChange={(value) => setAsked(value ?? "")}
        />
        <div className={classes.way}>
          <span id="way" className={classes.wayLabel}>
            Predict on
          </span>
          <SegmentedControl aria-labelledby="way" data={WAYS} value={way} onChange={setWay} />
        </div>
      </div>
      {experiment && !run && (
        <EmptyState title="This experiment has no model">
          It ended before its first evaluation. Resume it, or choose another.
        </EmptyState>
      )}
      {experiment && run && type && way === "one" && (
        <>
          {type.media_kind === null ? (
            <OneRowForm key={run.id} run={run} experiment={experiment} type={type} />
          ) : (
            <OneForm key={run.id} run={run} experiment={experiment} />
          )}
        </>
      )}
      {experiment && run && way === "dataset" && <DatasetForm run={run} experiment={experiment} />}
      {experiment && run && way === "file" && <FileForm run={run} mediaKind={type?.media_kind ?? null} />}
    </div>
  );
}
