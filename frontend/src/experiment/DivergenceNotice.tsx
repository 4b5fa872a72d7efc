import { Link } from "react-router";
import type { Finding } from "../api/types";
import { divergence } from "../live/divergence";
import type { Series } from "../live/series";
import { FindingList } from "../ui/FindingList";
import { formatMetric } from "../ui/format";

/** A run whose loss has grown without end is finished like any other, and its model is of no use. */
export function DivergenceNotice({ loss, experiment }: { loss: Series | undefined; experiment: string }) {
  const growth = loss && divergence(loss);
  if (!growth) return null;
  const finding: Finding = {
    level: "warning",
    code: "diverged",
    path: "training.learning_rate",
    message: `The training diverged: its loss went from ${formatMetric(growth.from)} to ${formatMetric(growth.to)}.`,
    found: "",
    expected: "",
    fix: "Take a lower learning rate, a longer warm-up, or clip gradients.",
    line: null,
    count: 1,
    rows: [],
    examples: [],
  };
  return (
    <FindingList
      findings={[finding]}
      place={() => (
        <Link to={`/experiments/new?from=${experiment}&find=training.learning_rate`}>
          Start again with another learning rate
        </Link>
      )}
    />
  );
}
