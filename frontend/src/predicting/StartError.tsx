import { ApiError } from "../api/client";
import { FindingList } from "../ui/FindingList";
import { ErrorPanel } from "../ui/states";

export function StartError({ error }: { error: Error }) {
  return (
    <div className="column">
      <ErrorPanel title="The prediction was not started." error={error} />
      {error instanceof ApiError && error.findings.length > 0 && <FindingList findings={error.findings} />}
    </div>
  );
}
