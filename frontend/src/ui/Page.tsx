import { type ReactNode, useEffect } from "react";
import classes from "./page.module.css";

type PageProps = {
  title: string;
  documentTitle?: string;
  lead?: ReactNode;
  before?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
};

/** One page: one `h1`, its own document title, actions on the right. */
export function Page({ title, documentTitle, lead, before, actions, children }: PageProps) {
  useDocumentTitle(documentTitle ?? title);
  return (
    <div className={classes.page}>
      <header className={classes.head}>
        <div className={classes.titles}>
          {before}
          <h1>{title}</h1>
          {lead && <div className={classes.lead}>{lead}</div>}
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function useDocumentTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} - Deepstudio`;
  }, [title]);
}

type SectionProps = { title: string; hint?: ReactNode; actions?: ReactNode; children: ReactNode };

export function Section({ title, hint, actions, children }: SectionProps) {
  return (
    <section className={classes.section}>
      <div className="spread">
        <div className="row-wrap" style={{ alignItems: "baseline" }}>
          <h2>{title}</h2>
          {hint && <span className="small muted">{hint}</span>}
        </div>
        {actions}
      </div>
      {children}
    </section>
  );
}

export type Fact = { label: string; value: ReactNode };

export function Facts({ facts }: { facts: Fact[] }) {
  return (
    <dl className={classes.facts}>
      {facts.map((fact) => (
        <div key={fact.label}>
          <dt>{fact.label}</dt>
          <dd>{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Label and value on one line each, for longer lists. */
export function FactList({ facts }: { facts: Fact[] }) {
  return (
    <dl className={classes.factList}>
      {facts.map((fact) => (
        <div key={fact.label}>
          <dt>{fact.label}</dt>
          <dd>{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}
