import { useState } from "react";
import type { SampleView } from "../api/types";
import { formatCount } from "../ui/format";
import { MarkedText } from "./MarkedText";
import type { Overlay } from "./overlay";
import { textsOf } from "./registry";
import { isFolded, piecesOf } from "./text-pieces";
import type { MarkedBlock } from "./texts";
import classes from "./texts.module.css";

const FOLD_AT = 1600;
const EVERYTHING = { truth: true, prediction: true, importance: false };

type TextBlocksProps = { sample: SampleView; classNames: readonly string[]; overlay: Overlay };

/** The texts of a sample in reading order, each under its name. */
export function TextBlocks({ sample, classNames, overlay }: TextBlocksProps) {
  const texts = textsOf(sample);
  return (
    <div className={classes.blocks}>
      {texts.map((block, i) => (
        <Block key={i} block={block} classNames={classNames} overlay={overlay} />
      ))}
      {texts.some(hasDifferences) && <DifferenceLegend />}
    </div>
  );
}

type BlockProps = { block: MarkedBlock; classNames: readonly string[]; overlay: Overlay };

function Block({ block, classNames, overlay }: BlockProps) {
  const [isOpen, setIsOpen] = useState(false);
  const isLong = isFolded(piecesOf(block, EVERYTHING, FOLD_AT));
  return (
    <section className={classes.block} aria-label={block.name}>
      <p className={classes.blockName}>
        {block.name}
        {block.is_cut && <CutNote />}
      </p>
      {block.text === "" ? (
        <p className="muted">(empty)</p>
      ) : (
        <p>
          <MarkedText
            block={block}
            classNames={classNames}
            overlay={overlay}
            limit={isLong && !isOpen ? FOLD_AT : Infinity}
          />
        </p>
      )}
      {isLong && (
        <button type="button" className={classes.textButton} onClick={() => setIsOpen(!isOpen)} aria-expanded={isOpen}>
          {isOpen ? "Show less" : `Show all ${formatCount(block.text.length)} characters`}
        </button>
      )}
    </section>
  );
}

/** Said where the model does not see the end of a text. */
export function CutNote() {
  return (
    <span className={classes.cut} title="The text is longer than Max length: the model sees its beginning.">
      end not seen by the model
    </span>
  );
}

function hasDifferences({ marks }: MarkedBlock): boolean {
  return marks.some((mark) => mark.role === "inserted" || mark.role === "missing");
}

function DifferenceLegend() {
  return (
    <p className={classes.legend}>
      <ins className={classes.piece}>only in the prediction</ins>
      <del className={classes.piece}>missing in the prediction</del>
    </p>
  );
}
