import { Button } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { useSettingsDocument } from "../api/catalogue";
import { useSteerExperiment } from "../api/experiments";
import { useLogEnd } from "../api/runs";
import type { Experiment, Run } from "../api/types";
import { FindingList } from "../ui/FindingList";
import { ErrorIcon, PlayIcon } from "../ui/icons";
import { LoadingRows } from "../ui/states";
import classes from "./failure.module.css";

type FailurePanelProps = { experiment: Experiment; run: Run };

/** Whether the panel stands on the page, with its own ways on. */
export function isExplained(run: Run | undefined): boolean {
  return run !== undefined && run.error !== null && ["failed", "lost"].includes(run.state);
}

/** Why a run failed, in the first screen: the cause, the sample and the setting behind it, and what to do. */
export function FailurePanel({ experiment, run }: FailurePanelProps) {
  const { error } = run;
  const steer = useSteerExperiment(experiment.id);
  if (error === null || !isExplained(run)) return null;
  const again = `/experiments/new?from=${experiment.id}${experiment.dataset ? `&dataset=${experiment.dataset.id}` : ""}`;
  const changed = error.setting ? `${again}&find=${encodeURIComponent(error.setting)}` : again;
  return (
    <section className={classes.failure} role="alert">
      <span className={classes.icon}>
        <ErrorIcon size={22} />
      </span>
      <div className={classes.body}>
        <strong>{error.message}</strong>
        {error.hint && <p>{error.hint}</p>}
        <dl className={classes.facts}>
          {error.sample && <SampleFact sample={error.sample} experiment={experiment} />}
          {error.setting && <SettingFact experiment={experiment} setting={error.setting} to={changed} />}
          <div>
            <dt>Cause</dt>
            <dd>
              <code>{error.code}</code>
            </dd>
          </div>
        </dl>
        <div className="row-wrap">
          <Button component={Link} to={changed} size="xs">
            Start again with changes
          </Button>
          <Button
            size="xs"
            variant="default"
            leftSection={<PlayIcon size={14} />}
            loading={steer.isPending}
            onClick={() => steer.mutate("resume")}
          >
            {run.checkpoints.length > 0 ? "Resume from the last checkpoint" : "Run again as it is"}
          </Button>
          <Button component={Link} to={`/experiments/${experiment.id}/logs?run=${run.id}`} size="xs" variant="default">
            Show log
          </Button>
        </div>
        {(error.findings ?? []).length > 0 && <FindingList findings={error.findings ?? []} />}
        <LastLines run={run.id} />
      </div>
    </section>
  );
}

function SampleFact({
  sample,
  experiment,
}: {
  sample: NonNullable<NonNullable<Run["error"]>["sample"]>;
  experiment: Experiment;
}) {
  const place = [`row ${sample.row}`, sample.column && `column ${sample.column}`, sample.file].filter(Boolean);
  return (
    <div>
      <dt>Sample</dt>
      <dd>
        {experiment.dataset ? (
          <Link to={`/datasets/${experiment.dataset.id}`}>{place.join(", ")}</Link>
        ) : (
          place.join(", ")
        )}
      </dd>
    </div>
  );
}

function SettingFact({ experiment, setting, to }: { experiment: Experiment; setting: string; to: string }) {
  const document = useSettingsDocument(experiment.problem_type, experiment.model_type, experiment.dataset?.id ?? null);
  const label = document.data?.settings.find((one) => one.key === setting)?.label ?? setting;
  return (
    <div>
      <dt>Likely setting</dt>
      <dd>
        <Link to={to} title={setting}>
          {label}
        </Link>
      </dd>
    </div>
  );
}

/** The end of the run's log, read when it is unfolded. */
function LastLines({ run }: { run: string }) {
  const [isOpen, setOpen] = useState(false);
  const log = useLogEnd(run, isOpen);
  return (
    <details className={classes.lines} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Last 200 lines of the log</summary>
      {log.data ? (
        <pre tabIndex={0} aria-label="Last lines of the log">
          {log.data.lines.map((line) => `${line.level.padEnd(7)} ${line.text}`).join("\n")}
        </pre>
      ) : (
        isOpen && <LoadingRows rows={3} />
      )}
    </details>
  );
}
