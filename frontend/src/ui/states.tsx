import { Button, Skeleton } from "@mantine/core";
import { Component, type ReactNode, useEffect, useState } from "react";
import { ApiError } from "../api/client";
import { ErrorIcon } from "./icons";
import classes from "./states.module.css";

type EmptyStateProps = { icon?: ReactNode; title: string; children?: ReactNode; action?: ReactNode };

/** Says what will be here, and gives the way to start it. */
export function EmptyState({ icon, title, children, action }: EmptyStateProps) {
  return (
    <div className={classes.empty}>
      {icon && <div className={classes.emptyIcon}>{icon}</div>}
      <h2>{title}</h2>
      {children && <div className={classes.emptyText}>{children}</div>}
      {action && (
        <div className="row-wrap" style={{ justifyContent: "center", marginTop: 8 }}>
          {action}
        </div>
      )}
    </div>
  );
}

type ErrorPanelProps = {
  title: string;
  error: unknown;
  /** Why, where there are several reasons; in place of the one sentence. */
  children?: ReactNode;
  onRetry?: () => void;
};

/** What happened, why, and what next. A failed part never blanks the page. */
export function ErrorPanel({ title, error, children, onRetry }: ErrorPanelProps) {
  const problem =
    error instanceof ApiError
      ? error.problem
      : { code: "", message: error instanceof Error ? error.message : String(error), hint: "", id: undefined };
  return (
    <div className={classes.error} role="alert">
      <span className={classes.errorIcon}>
        <ErrorIcon size={20} />
      </span>
      <div className="column" style={{ gap: 4 }}>
        <strong>{title}</strong>
        {children ?? (
          <>
            <p>{problem.message}</p>
            {problem.hint && <p className="muted">{problem.hint}</p>}
          </>
        )}
        {!children && (problem.id || problem.code) && (
          <p className="tiny muted mono">{[problem.code, problem.id].filter(Boolean).join(" · ")}</p>
        )}
        {onRetry && (
          <div style={{ marginTop: 8 }}>
            <Button size="xs" variant="default" onClick={onRetry}>
              Try again
            </Button>
          </div>
        )}
      </div>
    </div>
  );
}

/** Shows its children only when waiting has become noticeable, so that fast answers do not flash. */
export function Late({ children, after = 150 }: { children: ReactNode; after?: number }) {
  const [isLate, setIsLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIsLate(true), after);
    return () => clearTimeout(timer);
  }, [after]);
  return isLate ? children : null;
}

export function LoadingRows({ rows = 8, height = 40 }: { rows?: number; height?: number }) {
  return (
    <div aria-busy="true" aria-label="Loading" role="status" style={{ minHeight: rows * (height + 8) }}>
      <Late>
        <div className="column">
          {Array.from({ length: rows }, (_, i) => (
            <Skeleton key={i} height={height} />
          ))}
        </div>
      </Late>
      <Late after={10_000}>
        <p className="muted small" style={{ marginTop: 12 }}>
          This takes longer than usual. Still waiting for the studio.
        </p>
      </Late>
    </div>
  );
}

export function LoadingBlock({ height }: { height: number }) {
  return (
    <div aria-busy="true" aria-label="Loading" role="status" style={{ height }}>
      <Late>
        <Skeleton height={height} />
      </Late>
    </div>
  );
}

type Query<T> = { data: T | undefined; error: unknown; isPending: boolean; refetch: () => unknown };

/** The three looks of every answer: waiting, failed, there. */
export function Answer<T>({
  query,
  what,
  loading,
  children,
}: {
  query: Query<T>;
  what: string;
  loading?: ReactNode;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.error)
    return (
      <ErrorPanel title={`${what} could not be loaded.`} error={query.error} onRetry={() => void query.refetch()} />
    );
  return loading ?? <LoadingRows rows={4} />;
}

/** Keeps a fault in one part from taking the page with it. */
export class PartBoundary extends Component<{ name: string; children: ReactNode }, { error: Error | null }> {
  override state = { error: null as Error | null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    return (
      <ErrorPanel
        title={`${this.props.name} cannot be shown.`}
        error={this.state.error}
        onRetry={() => this.setState({ error: null })}
      />
    );
  }
}
