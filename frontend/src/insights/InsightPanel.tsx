import { Link } from "react-router";
import { useInsight } from "../api/runs";
import type { InsightEntry } from "../api/types";
import { Answer, LoadingBlock, PartBoundary } from "../ui/states";
import { panelOf } from "./registry";
import classes from "./insights.module.css";

type InsightPanelProps = { run: string; entry: InsightEntry; link?: string; isAlone?: boolean };

/** One insight: its title, how to read it, and the drawing. A fault in one panel leaves the others alone. */
export function InsightPanel({ run, entry, link, isAlone }: InsightPanelProps) {
  const insight = useInsight(run, entry.key);
  return (
    <section
      className={classes.panel}
      data-kind={entry.kind}
      data-alone={isAlone || undefined}
      aria-labelledby={`insight-${entry.key}`}
    >
      <header className={classes.panelHead}>
        <h2 id={`insight-${entry.key}`}>{link ? <Link to={link}>{entry.title}</Link> : entry.title}</h2>
        <p className={classes.howToRead}>{entry.how_to_read}</p>
      </header>
      <PartBoundary name={entry.title}>
        <Answer query={insight} what="This panel" loading={<LoadingBlock height={280} />}>
          {({ payload, group, title }) => {
            const Panel = panelOf(payload.kind);
            return Panel ? (
              <Panel payload={payload} group={group} title={title} />
            ) : (
              <p className="muted">This version of the page cannot draw “{payload.kind}”.</p>
            );
          }}
        </Answer>
      </PartBoundary>
    </section>
  );
}
