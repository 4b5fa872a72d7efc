import { Button } from "@mantine/core";
import { useMemo, useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { useProblemType } from "../api/catalogue";
import { useClassNames } from "../api/datasets";
import {
  predictionFile,
  predictionMedia,
  useDeletePrediction,
  usePrediction,
  usePredictionFiles,
  usePredictionSamples,
} from "../api/predictions";
import { datasetMedia } from "../api/datasets";
import type { MediaRef, MediaSize, Prediction } from "../api/types";
import { labelledMetrics } from "../predicting/metrics";
import { FULL_OVERLAY, type Overlay } from "../samples/overlay";
import { SampleControls } from "../samples/SampleControls";
import { SampleGrid } from "../samples/SampleGrid";
import { ConfirmButton } from "../ui/Confirm";
import { FileTable } from "../ui/FileTable";
import { FindingList } from "../ui/FindingList";
import { RefusalPanel } from "../ui/RefusalPanel";
import { formatAge, formatCount, formatInterval, formatMetric } from "../ui/format";
import { TrashIcon } from "../ui/icons";
import { SelectInput } from "../ui/inputs";
import { Facts, Page, Section } from "../ui/Page";
import { useSearchState } from "../ui/search-state";
import { Answer, EmptyState, LoadingRows } from "../ui/states";
import { isActive, StateLabel, StateWithProgress } from "../ui/Status";

const SORTS = [
  { key: "row", value: "row", label: "By row" },
  { key: "confidence", value: "-confidence", label: "Most confident first" },
  { key: "confidence", value: "confidence", label: "Least confident first" },
  { key: "loss", value: "-loss", label: "Worst first" },
];

export function PredictionPage() {
  const { id = "" } = useParams();
  const prediction = usePrediction(id);
  if (!prediction.data)
    return (
      <Page title="Prediction">
        <Answer query={prediction} what="The prediction" loading={<LoadingRows rows={5} />}>
          {() => null}
        </Answer>
      </Page>
    );
  return <Loaded prediction={prediction.data} />;
}

function Loaded({ prediction }: { prediction: Prediction }) {
  const navigate = useNavigate();
  const remove = useDeletePrediction();
  const isDone = prediction.state === "finished";
  const files = usePredictionFiles(prediction.id, isDone);
  const known = useProblemType(prediction.problem_type)?.metrics ?? [];
  return (
    <Page
      title={prediction.name}
      lead={
        <span className="row-wrap" style={{ gap: "4px 16px" }}>
          <StateLabel state={prediction.state} />
          <span>
            <Link to={`/experiments/${prediction.experiment.id}`}>{prediction.experiment.name}</Link>
            {prediction.run !== null && <span className="muted">, run {prediction.run}</span>}
          </span>
          <span>{prediction.dataset ? `${prediction.dataset.name}, ${prediction.table}` : prediction.table}</span>
          <span>{formatAge(prediction.created)}</span>
        </span>
      }
      actions={
        <>
          <ConfirmButton
            label="Delete"
            icon={<TrashIcon size={16} />}
            title={`Delete ${prediction.name}?`}
            verb="Delete prediction"
            isDanger
            onConfirm={() => remove.mutate(prediction.id, { onSuccess: () => void navigate("/predictions") })}
          >
            Its tables are deleted from this machine.
          </ConfirmButton>
          <Button
            component={Link}
            to={`/predictions/new?experiment=${prediction.experiment.id}&run=${prediction.run_id}`}
          >
            New prediction
          </Button>
        </>
      }
    >
      {isActive(prediction.state) && (
        <div className="card" style={{ padding: 20, maxWidth: 560 }}>
          <StateWithProgress
            state={prediction.state}
            progress={prediction.progress}
            secondsLeft={null}
            label="Progress of the prediction"
          />
        </div>
      )}
      {prediction.error && <RefusalPanel title="Prediction failed." error={prediction.error} />}
      {prediction.findings.length > 0 && (
        <Section title="Findings">
          <FindingList findings={prediction.findings} />
        </Section>
      )}
      {isDone && (
        <>
          <Facts
            facts={[
              { label: "Rows", value: formatCount(prediction.rows) },
              ...labelledMetrics(prediction.metrics, known, prediction.metric).map(({ name, label, value }) => ({
                label,
                value: withInterval(formatMetric(value), prediction.intervals[name]),
              })),
            ]}
          />
          <Section title="Files">
            <Answer query={files} what="The files">
              {(all) => <FileTable files={all} link={(file) => predictionFile(prediction.id, file.name)} />}
            </Answer>
          </Section>
          <Section title="Samples">
            <Samples prediction={prediction} />
          </Section>
        </>
      )}
    </Page>
  );
}

function Samples({ prediction }: { prediction: Prediction }) {
  const [sort, setSort] = useSearchState("sort", "row");
  const [overlay, setOverlay] = useState<Overlay>({ ...FULL_OVERLAY, confidence: 0.3 });
  const query = usePredictionSamples(prediction.id, { sort, prediction: null }, true);
  const dataset = prediction.dataset?.id ?? null;
  const classNames = useClassNames(dataset);
  const source = useMemo(
    () => (media: MediaRef, size: MediaSize) =>
      dataset && media.origin === "dataset"
        ? datasetMedia(dataset, media.path, size)
        : predictionMedia(prediction.id, media, size),
    [dataset, prediction.id],
  );
  const samples = useMemo(() => (query.data?.pages ?? []).flatMap((page) => page.rows), [query.data]);
  return (
    <Answer query={query} what="The samples" loading={<LoadingRows rows={3} height={180} />}>
      {(data) =>
        samples.length === 0 ? (
          <EmptyState title="No samples" />
        ) : (
          <div className="column" style={{ gap: 16 }}>
            <div className="row-wrap" style={{ gap: 24 }}>
              <SelectInput
                label="Sort"
                w={200}
                data={SORTS.filter(({ key }) => key === "row" || data.pages[0]?.known?.includes(key))}
                value={sort}
                onChange={(value) => setSort(value ?? "row")}
              />
              <SampleControls samples={samples} overlay={overlay} onOverlay={setOverlay} />
            </div>
            <SampleGrid
              samples={samples}
              source={source}
              classNames={classNames}
              overlay={overlay}
              onOverlay={setOverlay}
              total={data.pages[0]?.total ?? 0}
              hasMore={query.hasNextPage}
              isLoadingMore={query.isFetchingNextPage}
              onMore={() => void query.fetchNextPage()}
              label="Predicted samples"
            />
          </div>
        )
      }
    </Answer>
  );
}

function withInterval(value: string, interval: readonly number[] | undefined): string {
  return interval ? `${value} (${formatInterval(interval)})` : value;
}
