import { classColour } from "../ui/colours";
import classes from "./samples.module.css";

/** The colour of a class beside its name. */
export function LabelDot({ label, classNames }: { label: string; classNames: readonly string[] }) {
  return (
    <span className={classes.labelDot} style={{ background: classColour(label, classNames) }} aria-hidden="true" />
  );
}
