import { Button } from "@mantine/core";
import { useMemo, useState } from "react";
import { useRunSamples } from "../api/runs";
import type { Run } from "../api/types";
import { useInsightContext } from "../insights/context";
import { FULL_OVERLAY, type Overlay } from "../samples/overlay";
import { filterWords } from "../samples/registry";
import { SampleControls } from "../samples/SampleControls";
import { SampleGrid } from "../samples/SampleGrid";
import { SelectInput } from "../ui/inputs";
import { useSearchState, useSetSearch } from "../ui/search-state";
import { isActive } from "../ui/Status";
import { EmptyState, ErrorPanel, LoadingRows } from "../ui/states";
import { formatCount, plural } from "../ui/format";
import classes from "./experiment.module.css";

const SORTS = [
  { value: "-loss", label: "Worst first" },
  { value: "loss", label: "Best first" },
  { value: "-confidence", label: "Most confident first" },
  { value: "confidence", label: "Least confident first" },
  { value: "-error", label: "Highest error first" },
  { value: "error", label: "Lowest error first" },
  { value: "row", label: "By row" },
];
const ANY = "any";

/** Whether samples can be sorted so: there must be something to sort by. */
function isKnown(sort: string, known: readonly string[]): boolean {
  const key = sort.replace("-", "");
  return key === "row" || known.includes(key);
}

const START_CONFIDENCE = 0.3;

/** Every sample of a split with truth and prediction; filters are part of the address. */
export function Samples({ run, classNames }: { run: Run; classNames: readonly string[] }) {
  const { source, explainer } = useInsightContext();
  const [overlay, setOverlay] = useState<Overlay>({ ...FULL_OVERLAY, confidence: START_CONFIDENCE });
  const [split, setSplit] = useSearchState("split", "validation");
  const [sort, setSort] = useSearchState("sort", "-loss");
  const [truth] = useSearchState("truth");
  const [prediction] = useSearchState("prediction");
  const [correct, setCorrect] = useSearchState("correct");
  const [rows] = useSearchState("rows");
  const setSearch = useSetSearch();
  const query = useRunSamples(run.id, {
    split,
    sort,
    truth: truth || null,
    prediction: prediction || null,
    correct: correct || null,
    rows: rows || null,
  });
  const pages = query.data?.pages;
  const samples = useMemo(() => (pages ?? []).flatMap((page) => page.rows), [pages]);
  const total = pages?.[0]?.total ?? 0;
  const splits = pages?.[0]?.splits ?? [];
  const known = pages?.[0]?.known ?? [];
  const told = filterWords(samples);
  const isFiltered = Boolean(truth || prediction || correct || rows);
  const clear = () => setSearch({ truth: null, prediction: null, correct: null, rows: null });
  const options = [
    { value: ANY, label: "Any class" },
    ...[...new Set([...classNames, truth, prediction])].filter(Boolean).map((name) => ({ value: name, label: name })),
  ];
  if (query.error && !pages)
    return (
      <ErrorPanel title="The samples could not be loaded." error={query.error} onRetry={() => void query.refetch()} />
    );
  return (
    <div className="column" style={{ gap: 16 }}>
      <div className={classes.filters}>
        <SelectInput
          label="Split"
          w={130}
          data={(splits.length > 0 ? splits : [split]).map((one) => ({
            value: one,
            label: one.charAt(0).toUpperCase() + one.slice(1),
          }))}
          value={split}
          onChange={(value) => setSplit(value ?? "")}
        />
        <SelectInput
          label="Sort"
          w={180}
          data={SORTS.filter((one) => isKnown(one.value, known)).map((one) => ({
            ...one,
            label: one.label.replace("error", told.error),
          }))}
          value={sort}
          onChange={(value) => setSort(value ?? "")}
        />
        {options.length > 1 && known.includes("truth") && (
          <SelectInput
            label={told.truth}
            w={160}
            searchable
            data={options}
            value={truth || ANY}
            onChange={(value) => setSearch({ truth: value === ANY ? null : value })}
          />
        )}
        {options.length > 1 && known.includes("prediction") && (
          <SelectInput
            label={told.prediction}
            w={160}
            searchable
            data={options}
            value={prediction || ANY}
            onChange={(value) => setSearch({ prediction: value === ANY ? null : value })}
          />
        )}
        {known.includes("correct") && (
          <SelectInput
            label={told.outcome}
            w={130}
            data={[
              { value: ANY, label: "Any" },
              { value: "true", label: told.right },
              { value: "false", label: told.wrong },
            ]}
            value={correct || ANY}
            onChange={(value) => setCorrect(value === ANY ? "" : (value ?? ""))}
          />
        )}
        {isFiltered && (
          <Button variant="subtle" onClick={clear}>
            Clear filters
          </Button>
        )}
        <span className={`${classes.count} small muted number`} role="status">
          {pages && plural(total, "sample")}
        </span>
      </div>
      <SampleControls samples={samples} overlay={overlay} onOverlay={setOverlay} />
      {!pages && <LoadingRows rows={4} height={180} />}
      {pages && samples.length === 0 && (
        <EmptyState
          title={
            isFiltered
              ? "No sample matches these filters"
              : isActive(run.state)
                ? "No samples yet"
                : "This run left no samples"
          }
          action={isFiltered && <Button onClick={clear}>Clear filters</Button>}
        >
          {!isFiltered &&
            (isActive(run.state)
              ? "They come with the first predictions."
              : "Samples are written with the predictions at the end of a run.")}
        </EmptyState>
      )}
      {samples.length > 0 && (
        <SampleGrid
          explainer={explainer === null ? null : { run: explainer, split }}
          samples={samples}
          source={source}
          classNames={classNames}
          overlay={overlay}
          onOverlay={setOverlay}
          total={total}
          hasMore={query.hasNextPage}
          isLoadingMore={query.isFetchingNextPage}
          onMore={() => void query.fetchNextPage()}
          label={`${formatCount(total)} samples`}
        />
      )}
    </div>
  );
}
