import type { Instance, SampleView } from "../api/types";
import { filledPath, outlinePath, regionOf, type Corner } from "./masks";
import { MATCH_COLOURS, matchWords } from "./match";
import { classColour } from "../ui/colours";
import type { ColourBy } from "./overlay";
import { annotationOf } from "./renderer";
import { formatMetric, formatPercent } from "../ui/format";

export type InstanceSide = { width: number | null; height: number | null; instances: readonly Instance[] };

const NOTHING: InstanceSide = { width: null, height: null, instances: [] };

export function instancesOf(sample: SampleView, side: "truth" | "prediction"): InstanceSide {
  return annotationOf(sample, side, "instances") ?? NOTHING;
}

/** Predicted instances at or above the confidence. */
export function sureInstances(sample: SampleView, confidence: number): readonly Instance[] {
  const { instances } = instancesOf(sample, "prediction");
  return instances.filter((one) => one.score === null || one.score >= confidence);
}

/** The classes of a sample's instances, those of the truth first. */
export function instanceClasses(sample: SampleView): string[] {
  const sides = [instancesOf(sample, "truth"), instancesOf(sample, "prediction")];
  return [...new Set(sides.flatMap((side) => side.instances.map((one) => one.label)))];
}

/** An instance as paths on its grid; `place` numbers it on its side. */
export type DrawnInstance = Corner & { instance: Instance; place: number; filling: string; outline: string };

export function drawn(instances: readonly Instance[], width: number, height: number): DrawnInstance[] {
  return instances.map((instance, place) => {
    const region = regionOf(instance.runs, width, height);
    const { left, top } = region;
    return { instance, place, left, top, filling: filledPath(region), outline: outlinePath(region) };
  });
}

/** Degrees between neighbouring hues: no two of a dozen in a row are alike. */
const GOLDEN_ANGLE = 137.508;

export function instanceColour(
  { instance, place }: Pick<DrawnInstance, "instance" | "place">,
  by: ColourBy,
  classNames: readonly string[],
): string {
  if (by === "match" && instance.match !== null) return MATCH_COLOURS[instance.match];
  if (by === "instance") return `hsl(${Math.round((place * GOLDEN_ANGLE) % 360)} 80% 55%)`;
  return classColour(instance.label, classNames);
}

/** What is known of an instance, in one line. */
export function instanceWords({ label, score, match, iou }: Instance): string {
  const words = [
    score === null ? label : `${label} ${formatPercent(score)}`,
    match === null ? null : matchWords(match),
    iou === null ? null : `IoU ${formatMetric(iou)}`,
  ];
  return words.filter(Boolean).join(", ");
}
