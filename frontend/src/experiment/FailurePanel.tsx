import { Button } from "@mantine/core";
import { Link } from "react-router";
import type { Experiment, Run } from "../api/types";
import { ErrorIcon } from "../ui/icons";
import classes from "./experiment.module.css";

/** Why a run failed, in the first screen: the cause, what to do, and the setting that stands behind it. */
export function FailurePanel({ experiment, run }: { experiment: Experiment; run: Run }) {
  const { error } = run;
  if (error === null || !["failed", "lost"].includes(run.state)) return null;
  const again = `/experiments/new?from=${experiment.id}${experiment.dataset ? `&dataset=${experiment.dataset.id}` : ""}`;
  return (
    <section className={classes.failure} role="alert">
      <span className={classes.failureIcon}>
        <ErrorIcon size={22} />
      </span>
      <div className="column" style={{ gap: 6, minWidth: 0 }}>
        <strong>{error.message}</strong>
        {error.hint && <p>{error.hint}</p>}
        <div className="row-wrap" style={{ marginTop: 4 }}>
          {error.setting && (
            <Button component={Link} to={`${again}&find=${encodeURIComponent(error.setting)}`} size="xs">
              Change {error.setting}
            </Button>
          )}
          <Button component={Link} to={again} size="xs" variant={error.setting ? "default" : "filled"}>
            Start again with changes
          </Button>
          {!error.setting && experiment.dataset && (
            <Button component={Link} to={`/datasets/${experiment.dataset.id}/problems`} size="xs" variant="default">
              Show dataset
            </Button>
          )}
          <Button component={Link} to={`/experiments/${experiment.id}/logs`} size="xs" variant="default">
            Show log
          </Button>
        </div>
      </div>
    </section>
  );
}
