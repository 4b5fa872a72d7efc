import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import { Link, useNavigate } from "react-router";
import { useDatasets, useExamples, useMakeExample } from "../api/datasets";
import { useProblemType } from "../api/catalogue";
import { useExperiments } from "../api/experiments";
import { useMachine } from "../api/machine";
import type { Example } from "../api/types";
import { formatBytes, plural } from "../ui/format";
import { CheckIcon, ChipIcon, InfoIcon } from "../ui/icons";
import { Page, Section } from "../ui/Page";
import { Answer, ErrorPanel, LoadingRows } from "../ui/states";
import classes from "./welcome.module.css";

/** Three steps, example data for a first training in two clicks, and what this machine has. */
export function WelcomePage() {
  const datasets = useDatasets().data ?? [];
  const experiments = useExperiments({}, 1).data;
  const finished = useExperiments({ state: "finished" }, 1).data;
  return (
    <Page title="Welcome" lead="Train models on your own data, without code. Everything stays on this machine.">
      <MachineNote />
      <ol className={classes.steps}>
        <Step
          number={1}
          isDone={datasets.length > 0}
          title="Import data"
          text="A table of texts, or a zip with a table and its files. The studio checks every row and file."
          action={
            <Button component={Link} to="/datasets/import" variant={datasets.length > 0 ? "default" : "filled"}>
              Import dataset
            </Button>
          }
        />
        <Step
          number={2}
          isDone={(experiments?.total ?? 0) > 0}
          title="Start an experiment"
          text="The settings are filled in for your data and this machine. Change what you like, check the run summary, start."
          action={
            <Button
              component={Link}
              to="/experiments/new"
              variant={datasets.length > 0 && experiments?.total === 0 ? "filled" : "default"}
              disabled={datasets.length === 0}
            >
              New experiment
            </Button>
          }
        />
        <Step
          number={3}
          isDone={(finished?.total ?? 0) > 0}
          title="Explore results"
          text="Live charts, the samples behind every number, predictions on new data, and a pipeline to run elsewhere."
          action={
            <Button component={Link} to="/experiments" variant="default" disabled={(experiments?.total ?? 0) === 0}>
              Show experiments
            </Button>
          }
        />
      </ol>
      <Section title="Examples" hint="small datasets generated on this machine, nothing is downloaded">
        <Examples />
      </Section>
    </Page>
  );
}

function Step({
  number,
  isDone,
  title,
  text,
  action,
}: {
  number: number;
  isDone: boolean;
  title: string;
  text: string;
  action: React.ReactNode;
}) {
  return (
    <li className={classes.step} data-done={isDone || undefined}>
      <span className={classes.number}>
        {isDone ? (
          <>
            <CheckIcon size={16} />
            <span className="hidden-visually">Done</span>
          </>
        ) : (
          number
        )}
      </span>
      <h2>{title}</h2>
      <p className="muted grow">{text}</p>
      <div>{action}</div>
    </li>
  );
}

function Examples() {
  const examples = useExamples();
  const datasets = useDatasets().data;
  const make = useMakeExample();
  const navigate = useNavigate();
  const [awaited, setAwaited] = useState<string | null>(null);
  const made = datasets?.find((dataset) => dataset.id === awaited);
  useEffect(() => {
    if (made?.state === "ready") void navigate(`/experiments/new?dataset=${made.id}`);
    if (made?.state === "failed") void navigate(`/datasets/${made.id}/overview`);
  }, [made?.id, made?.state, navigate]);
  const use = (example: Example) =>
    make.mutate(example.problem_type, { onSuccess: (dataset) => setAwaited(dataset.id) });
  const isBusy = (example: Example) =>
    (make.isPending && make.variables === example.problem_type) ||
    (awaited !== null && made?.example_of === example.problem_type);
  return (
    <Answer query={examples} what="The examples" loading={<LoadingRows rows={2} height={140} />}>
      {(all) => (
        <>
          {make.error && <ErrorPanel title="The example was not made." error={make.error} />}
          <ul className={classes.examples}>
            {all.map((example) => (
              <ExampleCard
                key={example.problem_type}
                example={example}
                isBusy={isBusy(example)}
                onUse={() => use(example)}
              />
            ))}
          </ul>
        </>
      )}
    </Answer>
  );
}

function ExampleCard({ example, isBusy, onUse }: { example: Example; isBusy: boolean; onUse: () => void }) {
  const type = useProblemType(example.problem_type);
  const minutes = example.minutes_estimate;
  const facts = [
    example.size_bytes !== null && formatBytes(example.size_bytes),
    minutes !== null && `about ${plural(Math.max(1, Math.round(minutes)), "min", "min")} on this machine`,
  ];
  return (
    <li className={classes.example}>
      <span className="tiny muted">{type?.title ?? example.category}</span>
      <h3>{example.title}</h3>
      <p className="small muted grow">{example.description}</p>
      <p className="tiny muted number">{facts.filter(Boolean).join(", ")}</p>
      <div>
        <Button size="sm" variant="default" loading={isBusy} onClick={onUse}>
          Train on {example.title.toLowerCase()}
        </Button>
      </div>
    </li>
  );
}

function MachineNote() {
  const machine = useMachine().data;
  if (!machine) return null;
  const hasGpu = machine.gpus.length > 0;
  return (
    <section className={classes.machine} aria-label="This machine">
      <span className={classes.machineIcon}>{hasGpu ? <ChipIcon size={20} /> : <InfoIcon size={20} />}</span>
      <div>
        <p className="strong">
          {hasGpu
            ? machine.gpus.map((gpu) => `${gpu.name}, ${formatBytes(gpu.memory_bytes)}`).join(" · ")
            : "No GPU found. Experiments run on the CPU, about 20 times slower."}
        </p>
        <p className="small muted number">
          {plural(machine.cores, "core")}, {formatBytes(machine.memory_bytes)} memory,{" "}
          {formatBytes(machine.disk_free_bytes)} free on disk
          {machine.weights.packaged.length > 0 &&
            `, packaged pretrained weights: ${machine.weights.packaged.join(", ")}`}
        </p>
      </div>
    </section>
  );
}
