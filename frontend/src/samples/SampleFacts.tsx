import type { MediaRef } from "../api/types";
import { formatCount, formatMetric } from "../ui/format";
import { FactList } from "../ui/Page";
import { rendererOf } from "./registry";
import type { PartProps } from "./renderer";
import classes from "./samples.module.css";

type SampleFactsProps = PartProps & {
  /** Whether its row means something to the person. */
  isNumbered?: boolean;
};

/** Everything known about one sample, in words and numbers. */
export function SampleFacts({ isNumbered = true, ...part }: SampleFactsProps) {
  const { sample } = part;
  const { Facts } = rendererOf(sample);
  const facts = [
    ...(isNumbered ? [{ label: "Row", value: formatCount(sample.row) }] : []),
    ...(sample.loss === null ? [] : [{ label: "Loss", value: formatMetric(sample.loss) }]),
    ...Object.entries(sample.scores).map(([label, value]) => ({ label, value: formatMetric(value) })),
    ...(sample.media?.width ? [{ label: "Size", value: sizeOf(sample.media) }] : []),
  ];
  return (
    <div className={classes.facts}>
      <Facts {...part} />
      {facts.length > 0 && <FactList facts={facts} />}
      {sample.note && <p className="small muted">{sample.note}</p>}
    </div>
  );
}

function sizeOf({ depth, height, width }: MediaRef): string {
  return depth === null ? `${width} × ${height} px` : `${depth} × ${height} × ${width} voxels`;
}
