import type { Experiment, Run } from "../api/types";

const GOING = ["running", "stopping", "starting"];

/** The run with the best validation metric among those that have a model, as the server names it. */
export function bestRun(experiment: Experiment): Run | undefined {
  return experiment.runs.find((run) => run.number === experiment.best_run);
}

/** The run to look at first: one that goes on, else the best one, else the first. */
export function shownRun(experiment: Experiment, chosen: string): Run | undefined {
  const { runs } = experiment;
  return (
    runs.find((run) => run.id === chosen) ??
    runs.find((run) => GOING.includes(run.state)) ??
    bestRun(experiment) ??
    runs[0]
  );
}

/** The run whose model is used: the chosen one if it has a model, else the best one. */
export function modelRun(experiment: Experiment, chosen: string): Run | undefined {
  return experiment.runs.find((run) => run.id === chosen && run.has_bundle) ?? bestRun(experiment);
}

/** How a run is called: by its number, and only where there are several. */
export function runWords(experiment: Experiment, run: Run | undefined): string {
  return run !== undefined && experiment.runs.length > 1 ? `run ${run.number}` : "";
}
