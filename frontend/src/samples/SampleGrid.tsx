import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import type { SampleView } from "../api/types";
import { formatCount } from "../ui/format";
import { useSearchState } from "../ui/search-state";
import { type MediaSource, type Overlay } from "./overlay";
import { SampleCard } from "./SampleCard";
import { type Explainer, SampleViewer } from "./SampleViewer";
import { isRead } from "./texts";
import classes from "./samples.module.css";

type SampleGridProps = {
  samples: SampleView[];
  source: MediaSource;
  classNames: readonly string[];
  overlay: Overlay;
  onOverlay: (overlay: Overlay) => void;
  total?: number;
  hasMore?: boolean;
  isLoadingMore?: boolean;
  onMore?: () => void;
  label: string;
  /** The run and split whose model can explain these samples. */
  explainer?: Explainer | null;
};

/** A grid of samples; a click opens the viewer. The open sample is part of the address. */
export function SampleGrid({
  samples,
  source,
  classNames,
  overlay,
  onOverlay,
  total,
  hasMore,
  isLoadingMore,
  onMore,
  label,
  explainer = null,
}: SampleGridProps) {
  const [open, setOpen] = useSearchState("sample");
  const [origin] = useState(() => ({ row: "" }));
  const index = samples.findIndex((sample) => String(sample.row) === open);
  const isNearEnd = index >= 0 && index >= samples.length - 3 && Boolean(hasMore) && !isLoadingMore;
  useEffect(() => {
    if (isNearEnd) onMore?.();
  }, [isNearEnd, onMore]);
  const show = (sample: SampleView) => {
    origin.row = String(sample.row);
    setOpen(String(sample.row));
  };
  return (
    <>
      <div className={classes.gridFrame}>
        <ul className={classes.grid} data-read={samples.some(isRead) || undefined} aria-label={label}>
          {samples.map((sample, i) => (
            <SampleCard
              key={`${sample.row}-${i}`}
              sample={sample}
              source={source}
              classNames={classNames}
              overlay={overlay}
              onOpen={show}
            />
          ))}
        </ul>
      </div>
      {total !== undefined && (
        <div className={classes.more}>
          <span className="small muted number">
            {formatCount(samples.length)} of {formatCount(total)}
          </span>
          {hasMore && (
            <Button variant="default" onClick={onMore} loading={isLoadingMore}>
              Show more
            </Button>
          )}
        </div>
      )}
      {index >= 0 && (
        <SampleViewer
          samples={samples}
          total={total ?? samples.length}
          index={index}
          source={source}
          classNames={classNames}
          overlay={overlay}
          onOverlay={onOverlay}
          explainer={explainer}
          onIndex={(next) => {
            const sample = samples[next];
            if (sample) setOpen(String(sample.row));
          }}
          onClose={() => setOpen("")}
        />
      )}
    </>
  );
}
