import { useMemo } from "react";
import { Navigate, useLocation, useNavigate, useParams } from "react-router";
import { useProblemType } from "../api/catalogue";
import { datasetMedia, useClassNames } from "../api/datasets";
import { useExperiment } from "../api/experiments";
import { runMedia } from "../api/runs";
import type { SampleFilter } from "../api/insight";
import type { Experiment, MediaRef, MediaSize, Run } from "../api/types";
// Not loaded when they are opened: React shows what stands in for a part at least 300 ms, and they take 20 ms to come.
import { Charts } from "../experiment/Charts";
import { ExperimentHead } from "../experiment/ExperimentHead";
import { FailurePanel } from "../experiment/FailurePanel";
import { Files } from "../experiment/Files";
import { Insights } from "../experiment/Insights";
import { Logs } from "../experiment/Logs";
import { RunBar } from "../experiment/RunBar";
import { modelRun, shownRun } from "../experiment/runs";
import { Samples } from "../experiment/Samples";
import { Settings } from "../experiment/Settings";
import { Summary } from "../experiment/Summary";
import { InsightProvider } from "../insights/context";
import { ExplanationProvider } from "../samples/explanation";
import { formatPercent } from "../ui/format";
import { useShortcuts } from "../ui/keys";
import { useDocumentTitle } from "../ui/Page";
import pageClasses from "../ui/page.module.css";
import { useSearchState } from "../ui/search-state";
import { isActive } from "../ui/Status";
import { Answer, EmptyState, LoadingRows, PartBoundary } from "../ui/states";
import { type Tab, TabBar } from "../ui/TabBar";

const TABS: Tab[] = [
  { id: "charts", title: "Charts" },
  { id: "summary", title: "Summary" },
  { id: "insights", title: "Insights" },
  { id: "samples", title: "Samples" },
  { id: "logs", title: "Logs" },
  { id: "settings", title: "Settings" },
  { id: "files", title: "Files" },
];

export function ExperimentPage() {
  const { id = "", tab } = useParams();
  const { search } = useLocation();
  const experiment = useExperiment(id);
  if (tab === undefined) return <Navigate to={`/experiments/${id}/charts${search}`} replace />;
  return (
    <div className={pageClasses.page}>
      <Answer
        query={experiment}
        what="The experiment"
        loading={
          <>
            <h1 className="hidden-visually">Experiment</h1>
            <LoadingRows rows={6} height={64} />
          </>
        }
      >
        {(data) => <Loaded experiment={data} tab={tab} />}
      </Answer>
      {experiment.error && !experiment.data && <h1 className="hidden-visually">Experiment not found</h1>}
    </div>
  );
}

function Loaded({ experiment, tab }: { experiment: Experiment; tab: string }) {
  const [chosen, setChosen] = useSearchState("run");
  const run = shownRun(experiment, chosen);
  const query = chosen === "" ? "" : `?run=${encodeURIComponent(chosen)}`;
  const navigate = useNavigate();
  const title = TABS.find((one) => one.id === tab)?.title ?? "Experiment";
  const isGoing = isActive(experiment.state) && experiment.state !== "queued";
  useDocumentTitle(
    `${isGoing ? `(${formatPercent(experiment.progress)}) ` : ""}${experiment.name}, ${title.toLowerCase()}`,
  );
  useShortcuts(
    Object.fromEntries(
      TABS.map((one, i) => [String(i + 1), () => void navigate(`/experiments/${experiment.id}/${one.id}${query}`)]),
    ),
  );
  return (
    <>
      <ExperimentHead experiment={experiment} run={run} model={modelRun(experiment, chosen)} />
      {run && <FailurePanel experiment={experiment} run={run} />}
      {experiment.runs.length > 1 && <RunBar experiment={experiment} run={run} onChoose={setChosen} />}
      <TabBar tabs={TABS} base={`/experiments/${experiment.id}`} query={query} label="Parts of the experiment" />
      {run ? (
        <PartBoundary key={`${tab}/${run.id}`} name={`The tab ${title}`}>
          <TabBody experiment={experiment} run={run} tab={tab} />
        </PartBoundary>
      ) : (
        <EmptyState title="No run was planned">Start again with other settings.</EmptyState>
      )}
    </>
  );
}

function TabBody({ experiment, run, tab }: { experiment: Experiment; run: Run; tab: string }) {
  const { panel } = useParams();
  const { search } = useLocation();
  const type = useProblemType(experiment.problem_type);
  const dataset = experiment.dataset?.id ?? null;
  const classNames = useClassNames(dataset);
  const base = `/experiments/${experiment.id}`;
  const runQuery = experiment.runs.length > 1 ? `run=${run.id}` : "";
  const context = useMemo(
    () => ({
      classNames,
      explainer: type?.explanation && run.has_bundle ? run.id : null,
      source: (media: MediaRef, size: MediaSize) =>
        media.origin === "run" || dataset === null
          ? runMedia(run.id, media.path)
          : datasetMedia(dataset, media.path, size),
      samplesLink: (split: string, filter: Partial<SampleFilter>) => {
        const query = new URLSearchParams({ split });
        for (const [name, value] of Object.entries(filter))
          if (value !== null && value !== undefined) query.set(name, String(value));
        return `${base}/samples?${[query.toString(), runQuery].filter(Boolean).join("&")}`;
      },
    }),
    [classNames, type?.explanation, run.has_bundle, dataset, run.id, base, runQuery],
  );
  const metrics = type?.metrics ?? [];
  return (
    <ExplanationProvider value={type?.explanation ?? null}>
      <InsightProvider value={context}>
        {tab === "charts" && (
          <Charts
            experiment={experiment.id}
            run={run}
            colour={experiment.colour}
            metrics={metrics}
            main={experiment.metric?.name ?? null}
          />
        )}
        {tab === "summary" && <Summary experiment={experiment} run={run} metrics={metrics} />}
        {tab === "insights" && <Insights base={base} run={run} panel={panel} search={search} />}
        {tab === "samples" && <Samples run={run} classNames={classNames} />}
        {tab === "logs" && <Logs run={run} />}
        {tab === "settings" && <Settings experiment={experiment} />}
        {tab === "files" && <Files run={run} hasMedia={type?.medium != null} />}
        {!TABS.some((one) => one.id === tab) && <EmptyState title="Tab not found">Choose one above.</EmptyState>}
      </InsightProvider>
    </ExplanationProvider>
  );
}
