import { ApiError } from "../api/client";
import type { Finding, Problem } from "../api/types";
import { countFindings, FindingList } from "./FindingList";
import { ErrorPanel } from "./states";

type RefusalPanelProps = {
  title: string;
  /** What a request was answered, or what a worker left behind. */
  error: Error | (Problem & { findings?: Finding[] });
};

/** What was refused, with every finding behind it: where, what was found, what is expected, what to do. */
export function RefusalPanel({ title, error }: RefusalPanelProps) {
  const findings = "findings" in error ? ((error.findings as Finding[] | undefined) ?? []) : [];
  const shown = error instanceof Error ? error : new ApiError(0, error);
  if (findings.length === 0) return <ErrorPanel title={title} error={shown} />;
  const counts = Object.fromEntries(
    (["error", "warning", "note"] as const).map((level) => [
      level,
      findings.filter((finding) => finding.level === level).length,
    ]),
  );
  return (
    <div className="column">
      <ErrorPanel title={title} error={shown}>
        <p>{countFindings(counts)}. Fix the errors and try again.</p>
      </ErrorPanel>
      <FindingList findings={findings} isCauseFirst />
    </div>
  );
}
