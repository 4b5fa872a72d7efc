import { Button, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useCallback, useEffect, useRef, useState } from "react";
import { Link, useNavigate } from "react-router";
import { useProblemTypes } from "../api/catalogue";
import { useDatasets } from "../api/datasets";
import { useExperimentList } from "../api/experiments";
import type { ExperimentRow, ProblemType } from "../api/types";
import { runColour } from "../ui/colours";
import { PagedTable, type TableColumn } from "../ui/DataTable";
import { formatAge, formatDuration, formatMetric, formatTime, plural } from "../ui/format";
import { ExperimentIcon, PlusIcon, SearchIcon } from "../ui/icons";
import { SelectInput } from "../ui/inputs";
import { useShortcuts } from "../ui/keys";
import { Page } from "../ui/Page";
import { useSearchState, useSetSearch } from "../ui/search-state";
import { Answer, EmptyState, ErrorPanel, LoadingRows } from "../ui/states";
import { isActive, StateLabel, StateWithProgress, stateWord } from "../ui/Status";
import classes from "./lists.module.css";

const ANY = "any";
const STATES = ["queued", "starting", "running", "stopping", "finished", "failed", "stopped", "lost"] as const;

/** What the server calls the columns. */
const SORTS: Record<string, string> = {
  name: "name",
  state: "state",
  problem: "problem_type",
  dataset: "dataset",
  metric: "best",
  duration: "duration",
  created: "created",
};
const NEWEST_FIRST = "-created";

export function ExperimentsPage() {
  const navigate = useNavigate();
  const filter = useFilter();
  const types = useProblemTypes().data ?? [];
  const [sort, setSort] = useSearchState("sort", NEWEST_FIRST);
  const { range, onRange } = useRange();
  const experiments = useExperimentList({ ...filter.values, sort: serverSort(sort) }, range);
  const search = useRef<HTMLInputElement>(null);
  useShortcuts({ "/": () => search.current?.focus(), n: () => void navigate("/experiments/new") });
  return (
    <Page
      title="Experiments"
      actions={
        <Button component={Link} to="/experiments/new" leftSection={<PlusIcon size={16} />}>
          New experiment
        </Button>
      }
    >
      <Answer query={experiments.head} what="The experiments" loading={<LoadingRows rows={8} height={52} />}>
        {({ total }) => {
          if (total === 0 && !filter.isOn) return <NoExperiments />;
          return (
            <div className="column" style={{ gap: 12 }}>
              <Toolbar filter={filter} types={types} searchRef={search} count={total} />
              {experiments.failed && (
                <ErrorPanel
                  title="Some of the experiments could not be loaded."
                  error={experiments.failed.error}
                  onRetry={() => void experiments.failed?.refetch()}
                />
              )}
              {total === 0 ? (
                <EmptyState
                  title="No experiment matches"
                  action={<Button onClick={filter.clear}>Clear filters</Button>}
                >
                  Other words or fewer filters find more.
                </EmptyState>
              ) : (
                <ExperimentTable
                  count={total}
                  rowAt={experiments.rowAt}
                  types={types}
                  sort={sort}
                  onSort={setSort}
                  onRange={onRange}
                />
              )}
            </div>
          );
        }}
      </Answer>
    </Page>
  );
}

/** The rows in sight. Those that only fly past while somebody scrolls are not asked for. */
function useRange() {
  const [now, setNow] = useState({ first: 0, last: 0 });
  const [range] = useDebouncedValue(now, 80);
  const onRange = useCallback((first: number, last: number) => setNow({ first, last }), []);
  return { range, onRange };
}

function serverSort(sort: string): string {
  const column = SORTS[sort.replace(/^-/, "")];
  return column === undefined ? NEWEST_FIRST : `${sort.startsWith("-") ? "-" : ""}${column}`;
}

type ExperimentTableProps = {
  count: number;
  rowAt: (index: number) => ExperimentRow | undefined;
  types: ProblemType[];
  sort: string;
  onSort: (sort: string) => void;
  onRange: (first: number, last: number) => void;
};

function ExperimentTable({ count, rowAt, types, sort, onSort, onRange }: ExperimentTableProps) {
  const columns: TableColumn<ExperimentRow>[] = [
    { id: "name", title: "Name", sortValue: (row) => row.name, cell: (row) => <NameCell row={row} /> },
    {
      id: "state",
      title: "Status",
      sortValue: (row) => row.state,
      width: "200px",
      cell: (row) => (
        <StateWithProgress
          state={row.state}
          progress={row.progress}
          secondsLeft={row.seconds_left}
          label={`Progress of ${row.name}`}
        />
      ),
    },
    {
      id: "problem",
      title: "Problem type",
      hideBelow: 1200,
      sortValue: (row) => row.problem_type,
      cell: (row) => (
        <span className="small">{types.find((type) => type.id === row.problem_type)?.title ?? row.problem_type}</span>
      ),
    },
    {
      id: "dataset",
      title: "Dataset",
      hideBelow: 900,
      sortValue: (row) => row.dataset?.name ?? null,
      cell: (row) =>
        row.dataset && (
          <Link className="small" to={`/datasets/${row.dataset.id}`}>
            {row.dataset.name}
          </Link>
        ),
    },
    {
      id: "metric",
      title: "Best",
      isNumber: true,
      sortValue: (row) => row.metric?.best ?? null,
      cell: (row) => <MetricCell row={row} />,
    },
    {
      id: "duration",
      title: "Duration",
      isNumber: true,
      hideBelow: 900,
      sortValue: duration,
      cell: (row) => formatDuration(duration(row)),
    },
    {
      id: "created",
      title: "Created",
      isNumber: true,
      hideBelow: 600,
      sortValue: (row) => row.created,
      cell: (row) => <span title={formatTime(row.created)}>{formatAge(row.created)}</span>,
    },
  ];
  return (
    <PagedTable
      label="Experiments"
      count={count}
      rowAt={rowAt}
      columns={columns}
      rowKey={(row) => row.id}
      sort={sort}
      onSort={onSort}
      onRange={onRange}
    />
  );
}

function NameCell({ row }: { row: ExperimentRow }) {
  return (
    <div className={classes.nameCell}>
      <span className={classes.dot} style={{ background: runColour(row.colour) }} aria-hidden="true" />
      <div style={{ minWidth: 0 }}>
        <Link to={`/experiments/${row.id}/charts`} className={classes.name} title={row.name} data-row-link>
          {row.name}
        </Link>
        {(row.runs > 1 || row.tags.length > 0) && (
          <div className={classes.below}>
            {row.runs > 1 && <span>{plural(row.runs, "run")}</span>}
            {row.tags.map((tag) => (
              <span key={tag} className={classes.tag}>
                {tag}
              </span>
            ))}
          </div>
        )}
      </div>
    </div>
  );
}

function MetricCell({ row }: { row: ExperimentRow }) {
  const { metric } = row;
  if (metric === null || metric.best === null) return <span className="muted">–</span>;
  return (
    <span
      className={classes.metric}
      title={metric.best_epoch === null ? undefined : `Best at epoch ${Number(metric.best_epoch.toFixed(1))}`}
    >
      <strong>{formatMetric(metric.best)}</strong>
      <span className="tiny muted">
        {metric.label} {metric.direction === "maximize" ? "↑" : "↓"}
      </span>
    </span>
  );
}

function duration(row: ExperimentRow): number | null {
  if (row.started === null) return null;
  return (row.ended ?? (isActive(row.state) ? Date.now() / 1000 : row.started)) - row.started;
}

type Filter = ReturnType<typeof useFilter>;

function useFilter() {
  const [q, setQ] = useSearchState("q");
  const [state] = useSearchState("status");
  const [problem_type] = useSearchState("problem");
  const [dataset] = useSearchState("dataset");
  const setSearch = useSetSearch();
  const isOn = Boolean(q || state || problem_type || dataset);
  return {
    values: { q, state, problem_type, dataset },
    isOn,
    setQ,
    set: setSearch,
    clear: () => setSearch({ q: null, status: null, problem: null, dataset: null }),
  };
}

function Toolbar({
  filter,
  types,
  searchRef,
  count,
}: {
  filter: Filter;
  types: ProblemType[];
  searchRef: React.RefObject<HTMLInputElement | null>;
  count: number;
}) {
  const [text, setText] = useState(filter.values.q);
  const [settled] = useDebouncedValue(text, 200);
  const datasets = useDatasets().data ?? [];
  const { setQ } = filter;
  useEffect(() => setQ(settled), [settled, setQ]);
  const choose = (name: string) => (value: string | null) => filter.set({ [name]: value === ANY ? null : value });
  return (
    <div className={classes.toolbar}>
      <TextInput
        ref={searchRef}
        className={classes.search}
        aria-label="Search experiments"
        placeholder="Search name, tag or notes"
        leftSection={<SearchIcon size={16} />}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <SelectInput
        aria-label="Status"
        w={150}
        value={filter.values.state || ANY}
        onChange={choose("status")}
        data={[
          { value: ANY, label: "Any status" },
          ...STATES.map((state) => ({ value: state, label: stateWord(state) })),
        ]}
        renderOption={({ option }) =>
          option.value === ANY ? option.label : <StateLabel state={option.value as (typeof STATES)[number]} />
        }
      />
      <SelectInput
        aria-label="Problem type"
        w={210}
        value={filter.values.problem_type || ANY}
        onChange={choose("problem")}
        data={[
          { value: ANY, label: "Any problem type" },
          ...types.map((type) => ({ value: type.id, label: type.title })),
        ]}
      />
      <SelectInput
        aria-label="Dataset"
        w={180}
        value={filter.values.dataset || ANY}
        onChange={choose("dataset")}
        data={[
          { value: ANY, label: "Any dataset" },
          ...datasets.map((dataset) => ({ value: dataset.id, label: dataset.name })),
        ]}
      />
      {filter.isOn && (
        <Button variant="subtle" onClick={() => (setText(""), filter.clear())}>
          Clear
        </Button>
      )}
      <span className={`${classes.count} small muted number`} role="status">
        {plural(count, "experiment")}
      </span>
    </div>
  );
}

function NoExperiments() {
  return (
    <EmptyState
      icon={<ExperimentIcon />}
      title="No experiments yet"
      action={
        <>
          <Button component={Link} to="/experiments/new">
            New experiment
          </Button>
          <Button component={Link} to="/datasets/import" variant="default">
            Import dataset
          </Button>
        </>
      }
    >
      An experiment trains a model on a dataset, with settings you choose. Its charts, insights and predictions stay
      here.
    </EmptyState>
  );
}
