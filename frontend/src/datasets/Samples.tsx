import { Button, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useEffect, useMemo, useState } from "react";
import { datasetMedia, useClassNames, useDatasetSamples } from "../api/datasets";
import type { Dataset, MediaRef, MediaSize } from "../api/types";
import { FULL_OVERLAY, type Overlay } from "../samples/overlay";
import { SampleControls } from "../samples/SampleControls";
import { SampleGrid } from "../samples/SampleGrid";
import { formatCount, plural } from "../ui/format";
import { SearchIcon } from "../ui/icons";
import { SelectInput } from "../ui/inputs";
import { useSearchState, useSetSearch } from "../ui/search-state";
import { EmptyState, ErrorPanel, LoadingRows } from "../ui/states";
import classes from "./datasets.module.css";

const ANY = "any";

/** Every sample of a table with its labels; filters and the open sample are part of the address. */
export function Samples({ dataset }: { dataset: Dataset }) {
  const [overlay, setOverlay] = useState<Overlay>(FULL_OVERLAY);
  const [table, setTable] = useSearchState("table");
  const [label, setLabel] = useSearchState("label");
  const [q, setQ] = useSearchState("q");
  const [text, setText] = useState(q);
  const [settled] = useDebouncedValue(text, 250);
  useEffect(() => setQ(settled), [settled, setQ]);
  const setSearch = useSetSearch();
  const labels = useClassNames(dataset.id);
  const query = useDatasetSamples(dataset.id, { table: table || null, label: label || null, q: q || null }, true);
  const pages = query.data?.pages;
  const samples = useMemo(() => (pages ?? []).flatMap((page) => page.rows), [pages]);
  const total = pages?.[0]?.total ?? 0;
  const source = useMemo(
    () => (media: MediaRef, size: MediaSize) => datasetMedia(dataset.id, media.path, size),
    [dataset.id],
  );
  const clear = () => (setText(""), setSearch({ label: null, q: null, table: null }));
  if (query.error && !pages)
    return (
      <ErrorPanel title="The samples could not be loaded." error={query.error} onRetry={() => void query.refetch()} />
    );
  return (
    <div className="column" style={{ gap: 16 }}>
      <div className={classes.filters}>
        <TextInput
          label="Text in a row"
          leftSection={<SearchIcon size={16} />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        {dataset.tables.length > 1 && (
          <SelectInput
            label="Table"
            w={200}
            data={dataset.tables.map((one) => ({ value: one.name, label: `${one.name} (${formatCount(one.rows)})` }))}
            value={table || (dataset.tables[0]?.name ?? null)}
            onChange={(value) => setTable(value ?? "")}
          />
        )}
        {labels.length > 0 && (
          <SelectInput
            label="Class"
            w={200}
            searchable
            data={[{ value: ANY, label: "Any class" }, ...labels.map((one) => ({ value: one, label: one }))]}
            value={label || ANY}
            onChange={(value) => setLabel(value === ANY ? "" : (value ?? ""))}
          />
        )}
        {(label || q) && (
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
        <EmptyState title="No sample matches these filters" action={<Button onClick={clear}>Clear filters</Button>} />
      )}
      {samples.length > 0 && (
        <SampleGrid
          samples={samples}
          source={source}
          classNames={labels}
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
