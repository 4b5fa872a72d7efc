import { Link } from "react-router";
import { useInsights } from "../api/runs";
import type { InsightGroup, Run } from "../api/types";
import { InsightPanel } from "../insights/InsightPanel";
import insightClasses from "../insights/insights.module.css";
import { ChevronLeftIcon, SparkIcon } from "../ui/icons";
import { isActive } from "../ui/Status";
import { Answer, EmptyState, LoadingBlock } from "../ui/states";
import { LazyPart } from "./LazyPart";
import classes from "./experiment.module.css";

const GROUPS: { id: InsightGroup; title: string }[] = [
  { id: "validation", title: "Validation" },
  { id: "test", title: "Test" },
  { id: "train", title: "Training data" },
];

type InsightsProps = { base: string; run: Run; panel: string | undefined; search: string };

/** The panels of a run, by split; one alone when the address names it. */
export function Insights({ base, run, panel, search }: InsightsProps) {
  const insights = useInsights(run.id);
  return (
    <Answer query={insights} what="The insights" loading={<LoadingBlock height={400} />}>
      {(entries) => {
        const alone = entries.find((entry) => entry.key === panel);
        if (alone)
          return (
            <div className="column" style={{ gap: 12 }}>
              <Link to={`${base}/insights${search}`} className="row small">
                <ChevronLeftIcon size={16} />
                All insights
              </Link>
              <InsightPanel run={run.id} entry={alone} isAlone />
            </div>
          );
        if (entries.length === 0) return <NoInsights run={run} />;
        return (
          <div className={classes.insights}>
            <nav className={classes.insightNav} aria-label="Insights">
              {GROUPS.filter((group) => entries.some((entry) => entry.group === group.id)).map((group) => (
                <div key={group.id}>
                  <p>{group.title}</p>
                  {entries
                    .filter((entry) => entry.group === group.id)
                    .map((entry) => (
                      <a
                        key={entry.key}
                        href={`#panel-${entry.key}`}
                        onClick={(event) => (
                          event.preventDefault(),
                          document.getElementById(`panel-${entry.key}`)?.scrollIntoView()
                        )}
                      >
                        {entry.title}
                      </a>
                    ))}
                </div>
              ))}
            </nav>
            <div className={insightClasses.panels}>
              {GROUPS.flatMap((group) => entries.filter((entry) => entry.group === group.id)).map((entry) => (
                <LazyPart key={entry.key} id={`panel-${entry.key}`} height={360}>
                  <InsightPanel run={run.id} entry={entry} link={`${base}/insights/${entry.key}${search}`} />
                </LazyPart>
              ))}
            </div>
          </div>
        );
      }}
    </Answer>
  );
}

function NoInsights({ run }: { run: Run }) {
  return (
    <EmptyState icon={<SparkIcon />} title={isActive(run.state) ? "No insights yet" : "This run left no insights"}>
      {isActive(run.state)
        ? "The training batch as the model sees it comes first; plots of predictions follow when the run ends."
        : "Insights are written during the run and at its end."}
    </EmptyState>
  );
}
