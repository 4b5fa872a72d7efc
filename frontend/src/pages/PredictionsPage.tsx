import { Button } from "@mantine/core";
import { Link } from "react-router";
import { useProblemType } from "../api/catalogue";
import { usePredictions } from "../api/predictions";
import type { Prediction } from "../api/types";
import { labelledMetrics } from "../predicting/metrics";
import { DataTable, type TableColumn } from "../ui/DataTable";
import { formatAge, formatCount, formatMetric, formatTime } from "../ui/format";
import { PlusIcon, PredictionIcon } from "../ui/icons";
import { Page } from "../ui/Page";
import { useSearchState } from "../ui/search-state";
import { Answer, EmptyState, LoadingRows } from "../ui/states";
import { StateWithProgress } from "../ui/Status";
import classes from "./lists.module.css";

export function PredictionsPage() {
  const predictions = usePredictions();
  return (
    <Page
      title="Predictions"
      actions={
        <Button component={Link} to="/predictions/new" leftSection={<PlusIcon size={16} />}>
          New prediction
        </Button>
      }
    >
      <Answer query={predictions} what="The predictions" loading={<LoadingRows rows={6} height={52} />}>
        {(all) =>
          all.length > 0 ? (
            <PredictionTable rows={all} />
          ) : (
            <EmptyState
              icon={<PredictionIcon />}
              title="No predictions yet"
              action={
                <Button component={Link} to="/predictions/new">
                  New prediction
                </Button>
              }
            >
              Choose a finished experiment and give it a dataset, a file, or a single sample.
            </EmptyState>
          )
        }
      </Answer>
    </Page>
  );
}

function PredictionTable({ rows }: { rows: Prediction[] }) {
  const [sort, setSort] = useSearchState("sort", "-created");
  const columns: TableColumn<Prediction>[] = [
    {
      id: "name",
      title: "Name",
      sortValue: (row) => row.name,
      cell: (row) => (
        <Link to={`/predictions/${row.id}`} className={classes.name} title={row.name} data-row-link>
          {row.name}
        </Link>
      ),
    },
    {
      id: "state",
      title: "Status",
      width: "200px",
      sortValue: (row) => row.state,
      cell: (row) => (
        <StateWithProgress
          state={row.state}
          progress={row.progress}
          secondsLeft={null}
          label={`Progress of ${row.name}`}
        />
      ),
    },
    {
      id: "experiment",
      title: "Experiment",
      hideBelow: 600,
      sortValue: (row) => row.experiment.name,
      cell: (row) => (
        <Link className="small" to={`/experiments/${row.experiment.id}`}>
          {row.experiment.name}
        </Link>
      ),
    },
    {
      id: "data",
      title: "Data",
      hideBelow: 900,
      cell: (row) => (
        <span className="small">
          {row.dataset ? (
            <>
              <Link to={`/datasets/${row.dataset.id}`}>{row.dataset.name}</Link>{" "}
              <span className="muted">{row.table}</span>
            </>
          ) : (
            row.table
          )}
        </span>
      ),
    },
    {
      id: "rows",
      title: "Rows",
      isNumber: true,
      hideBelow: 600,
      sortValue: (row) => row.rows,
      cell: (row) => formatCount(row.rows),
    },
    { id: "metrics", title: "Metrics", isNumber: true, hideBelow: 900, cell: (row) => <Metrics row={row} /> },
    {
      id: "created",
      title: "Created",
      isNumber: true,
      hideBelow: 900,
      sortValue: (row) => row.created,
      cell: (row) => <span title={formatTime(row.created)}>{formatAge(row.created)}</span>,
    },
  ];
  return (
    <DataTable
      label="Predictions"
      rows={rows}
      columns={columns}
      rowKey={(row) => row.id}
      sort={sort}
      onSort={setSort}
    />
  );
}

function Metrics({ row }: { row: Prediction }) {
  const first = labelledMetrics(row.metrics, useProblemType(row.problem_type)?.metrics ?? [], row.metric)[0];
  return first ? (
    <>
      {formatMetric(first.value)} <span className="tiny muted">{first.label}</span>
    </>
  ) : (
    <span className="muted">–</span>
  );
}
