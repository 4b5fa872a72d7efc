import { ActionIcon, Button, Menu, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { useProblemType } from "../api/catalogue";
import { useChangeExperiment, useDeleteExperiment, useSteerExperiment } from "../api/experiments";
import { runFile } from "../api/runs";
import type { Experiment, Run } from "../api/types";
import { runColour } from "../ui/colours";
import { ConfirmDialog } from "../ui/Confirm";
import { formatAge, formatDuration, formatMetric, formatPercent, formatTime } from "../ui/format";
import { MoreIcon, PencilIcon, PlayIcon, PredictionIcon, StopIcon } from "../ui/icons";
import { useShortcuts } from "../ui/keys";
import { isActive, ProgressBar, StateLabel } from "../ui/Status";
import { ErrorPanel } from "../ui/states";
import { isExplained } from "./FailurePanel";
import { runWords } from "./runs";
import { StopNotice } from "./StopNotice";
import classes from "./experiment.module.css";

type ExperimentHeadProps = {
  experiment: Experiment;
  /** The run that is shown. */
  run: Run | undefined;
  /** The run whose model predicts and is downloaded. */
  model: Run | undefined;
};

/** Name, state, progress, and what can be done in this state. */
export function ExperimentHead({ experiment, run, model }: ExperimentHeadProps) {
  const steer = useSteerExperiment(experiment.id);
  const [isEditing, setIsEditing] = useState(false);
  return (
    <header className={classes.head}>
      <div className={classes.headLine}>
        <div className={classes.headTitle}>
          <span className={classes.runDot} style={{ background: runColour(experiment.colour) }} aria-hidden="true" />
          <h1>{experiment.name}</h1>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={28}
            aria-label="Edit name, tags and notes"
            onClick={() => setIsEditing(!isEditing)}
          >
            <PencilIcon size={15} />
          </ActionIcon>
        </div>
        <Actions
          experiment={experiment}
          run={run}
          model={model}
          onSteer={(action) => steer.mutate(action)}
          isBusy={steer.isPending}
        />
      </div>
      <HeadFacts experiment={experiment} run={run} />
      {isEditing && <Details experiment={experiment} onDone={() => setIsEditing(false)} />}
      {!isEditing && experiment.notes && <p className={classes.notes}>{experiment.notes}</p>}
      {steer.error && <ErrorPanel title="The action failed." error={steer.error} />}
    </header>
  );
}

function HeadFacts({ experiment, run }: { experiment: Experiment; run: Run | undefined }) {
  const type = useProblemType(experiment.problem_type);
  const { metric } = experiment;
  const isGoing = isActive(experiment.state) && experiment.state !== "queued";
  return (
    <>
      <div className={classes.headFacts}>
        <StateLabel state={experiment.state} />
        <StopNotice run={run} />
        {experiment.state === "queued" && (
          <span>
            {run?.queued_reason ??
              (experiment.queue_position !== null ? `Position ${experiment.queue_position} in the queue` : "")}
          </span>
        )}
        <span>{type?.title}</span>
        {experiment.dataset && <Link to={`/datasets/${experiment.dataset.id}`}>{experiment.dataset.name}</Link>}
        {metric && metric.best !== null && (
          <span className="number">
            <strong>{formatMetric(metric.best)}</strong> {metric.label}
            {metric.best_epoch !== null && `, epoch ${Number(metric.best_epoch.toFixed(2))}`}
            {experiment.runs.length > 1 && experiment.best_run !== null && `, run ${experiment.best_run}`}
          </span>
        )}
        <span title={formatTime(experiment.created)}>{formatAge(experiment.created)}</span>
        {experiment.started !== null && experiment.ended !== null && (
          <span className="number">took {formatDuration(experiment.ended - experiment.started)}</span>
        )}
        {experiment.tags.map((tag) => (
          <span key={tag} className={classes.tag}>
            {tag}
          </span>
        ))}
      </div>
      {isGoing && (
        <div className={classes.progress}>
          <ProgressBar value={experiment.progress} state={experiment.state} label={`Progress of ${experiment.name}`} />
          <div className="spread small muted number">
            <span>{phaseText(run)}</span>
            <span>
              {formatPercent(experiment.progress)}
              {experiment.seconds_left !== null && `, ${formatDuration(experiment.seconds_left)} left`}
            </span>
          </div>
        </div>
      )}
    </>
  );
}

function phaseText(run: Run | undefined): string {
  if (run === undefined) return "";
  const phase = run.phase
    ? `${run.phase.name.charAt(0).toUpperCase()}${run.phase.name.slice(1)}${run.phase.detail ? `, ${run.phase.detail}` : ""}`
    : "";
  const epoch =
    run.epochs > 0 && run.update > 0
      ? `epoch ${Math.min(run.epochs, run.epoch).toFixed(1)} of ${run.epochs}, update ${run.update} of ${run.updates}`
      : "";
  return [phase, epoch].filter(Boolean).join(" · ");
}

type ActionsProps = {
  experiment: Experiment;
  run: Run | undefined;
  model: Run | undefined;
  onSteer: (action: "stop" | "resume") => void;
  isBusy: boolean;
};

function Actions({ experiment, run, model, onSteer, isBusy }: ActionsProps) {
  const navigate = useNavigate();
  const remove = useDeleteExperiment();
  const [asks, setAsks] = useState<"stop" | "delete" | null>(null);
  const canStop = isActive(experiment.state);
  const canResume = ["failed", "stopped", "lost"].includes(experiment.state) && !isExplained(run);
  const again = `/experiments/new?from=${experiment.id}${experiment.dataset ? `&dataset=${experiment.dataset.id}` : ""}`;
  const words = runWords(experiment, model);
  useShortcuts({ s: () => canStop && setAsks("stop") });
  const confirm = () => {
    if (asks === "stop") onSteer("stop");
    else remove.mutate(experiment.id, { onSuccess: () => void navigate("/experiments") });
    setAsks(null);
  };
  return (
    <div className={classes.headActions}>
      {canStop && (
        <Button
          variant="default"
          leftSection={<StopIcon size={16} />}
          disabled={experiment.state === "stopping"}
          loading={isBusy}
          onClick={() => setAsks("stop")}
        >
          Stop
        </Button>
      )}
      {canResume && (
        <Button
          variant="default"
          leftSection={<PlayIcon size={16} />}
          loading={isBusy}
          onClick={() => onSteer("resume")}
        >
          Resume
        </Button>
      )}
      {model && (
        <Button
          component={Link}
          to={`/predictions/new?experiment=${experiment.id}${words && `&run=${model.id}`}`}
          leftSection={<PredictionIcon size={16} />}
        >
          Predict{words && ` with ${words}`}
        </Button>
      )}
      {model &&
        (model.has_pipeline ? (
          <Button component="a" variant="default" href={runFile(model.id, "pipeline.zip")} download>
            Download pipeline{words && ` of ${words}`}
          </Button>
        ) : (
          <Button
            component={Link}
            variant="default"
            to={`/experiments/${experiment.id}/files${words && `?run=${model.id}`}`}
          >
            Build pipeline{words && ` of ${words}`}
          </Button>
        ))}
      {!model && !canStop && !isExplained(run) && (
        <Button component={Link} to={again}>
          Start again with changes
        </Button>
      )}
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label="More actions">
            <MoreIcon size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item component={Link} to={again}>
            Start again with changes
          </Menu.Item>
          <Menu.Item component="a" href={`/api/experiments/${experiment.id}/yaml`} download>
            Download settings as YAML
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item color="red" disabled={canStop} onClick={() => setAsks("delete")}>
            Delete experiment
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <ConfirmDialog
        isOpen={asks !== null}
        onClose={() => setAsks(null)}
        onConfirm={confirm}
        isDanger={asks === "delete"}
        title={asks === "delete" ? `Delete ${experiment.name}?` : `Stop ${experiment.name}?`}
        verb={asks === "delete" ? "Delete experiment" : "Stop experiment"}
      >
        {asks === "delete"
          ? "Its charts, insights, predictions and checkpoints are deleted from this machine."
          : "It finishes the present step and keeps a checkpoint, so it can be resumed."}
      </ConfirmDialog>
      {remove.error && <ErrorPanel title="The experiment was not deleted." error={remove.error} />}
    </div>
  );
}

function Details({ experiment, onDone }: { experiment: Experiment; onDone: () => void }) {
  const change = useChangeExperiment(experiment.id);
  const [name, setName] = useState(experiment.name);
  const [tags, setTags] = useState([...experiment.tags]);
  const [notes, setNotes] = useState(experiment.notes);
  return (
    <form
      className={classes.details}
      onSubmit={(event) => (event.preventDefault(), change.mutate({ name, tags, notes }, { onSuccess: onDone }))}
    >
      <TextInput
        label="Name"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={change.error?.message}
        data-autofocus
      />
      <TagsInput
        label="Tags"
        value={tags}
        onChange={setTags}
        placeholder="Type and press Enter"
        comboboxProps={{ keepMounted: false }}
      />
      <Textarea
        label="Notes"
        autosize
        minRows={2}
        value={notes}
        onChange={(event) => setNotes(event.currentTarget.value)}
        className={classes.wide}
      />
      <div className="row">
        <Button type="submit" loading={change.isPending}>
          Save details
        </Button>
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
