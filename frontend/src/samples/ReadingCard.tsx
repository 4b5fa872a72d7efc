import type { SampleView } from "../api/types";
import { MarkedText } from "./MarkedText";
import type { Overlay } from "./overlay";
import { CutNote } from "./TextBlocks";
import { textsOf } from "./registry";
import classes from "./texts.module.css";

const EXCERPT = 260;

type ReadingCardProps = { sample: SampleView; classNames: readonly string[]; overlay: Overlay };

/** The beginning of each text of a sample, with its marks: the upper part of a card, or what stands below a picture. */
export function ReadingCard({ sample, classNames, overlay }: ReadingCardProps) {
  const texts = textsOf(sample);
  return (
    <div className={classes.cardText} data-beside={sample.media !== null || undefined}>
      {texts.map((block, i) => (
        <div key={i}>
          {(texts.length > 1 || block.is_cut) && (
            <p className={classes.excerptName}>
              {texts.length > 1 && `${block.name} `}
              {block.is_cut && <CutNote />}
            </p>
          )}
          <p className={classes.excerpt}>
            {block.text === "" ? (
              <span className="muted">(empty)</span>
            ) : (
              <MarkedText block={block} classNames={classNames} overlay={overlay} limit={EXCERPT} />
            )}
          </p>
        </div>
      ))}
    </div>
  );
}
