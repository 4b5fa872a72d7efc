import { memo } from "react";
import type { SampleView } from "../api/types";
import { formatMetric } from "../ui/format";
import { AnswerLines } from "./AnswerLines";
import { ImageOverlay } from "./ImageOverlay";
import { type MediaSource, type Overlay } from "./overlay";
import { ReadingCard } from "./ReadingCard";
import { textsOf } from "./registry";
import { isRead } from "./texts";
import classes from "./samples.module.css";

type SampleCardProps = {
  sample: SampleView;
  source: MediaSource;
  classNames: readonly string[];
  overlay: Overlay;
  onOpen: (sample: SampleView) => void;
};

/** One sample in a grid: the picture or the text, what is true, what was predicted, and how wrong that was. */
export const SampleCard = memo(function SampleCard({ sample, source, classNames, overlay, onOpen }: SampleCardProps) {
  const isText = isRead(sample);
  return (
    <li className={classes.card} data-read={isText || undefined}>
      <button type="button" className={classes.cardButton} onClick={() => onOpen(sample)} data-sample={sample.row}>
        {sample.media !== null && (
          <div className={classes.picture}>
            <ImageOverlay sample={sample} source={source} classNames={classNames} overlay={overlay} size={256} />
          </div>
        )}
        {textsOf(sample).length > 0 && <ReadingCard sample={sample} classNames={classNames} overlay={overlay} />}
        <div className={classes.caption}>
          <AnswerLines sample={sample} source={source} classNames={classNames} overlay={overlay} />
          <div className={classes.footLine}>
            <span className="clip">{(!isText && sample.title) || `Row ${sample.row}`}</span>
            {sample.loss !== null && (
              <span className="number" title="Loss">
                loss {formatMetric(sample.loss)}
              </span>
            )}
          </div>
          {sample.note && <p className={classes.note}>{sample.note}</p>}
        </div>
      </button>
    </li>
  );
});
