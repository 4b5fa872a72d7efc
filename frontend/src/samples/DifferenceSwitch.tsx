import { Switch } from "@mantine/core";
import { MATCH_COLOURS, MATCH_NAMES, type Match } from "./match";
import type { Overlay } from "./overlay";
import classes from "./samples.module.css";

const SHOWN: readonly Match[] = ["correct", "false_negative", "false_positive", "wrong_class"];

type DifferenceSwitchProps = { overlay: Overlay; onOverlay: (overlay: Overlay) => void };

/** Whether masks show where prediction and truth differ, and what the colours say. */
export function DifferenceSwitch({ overlay, onOverlay }: DifferenceSwitchProps) {
  return (
    <>
      <Switch
        withThumbIndicator={false}
        label="Difference"
        checked={overlay.showsDifference}
        onChange={(event) => onOverlay({ ...overlay, showsDifference: event.currentTarget.checked })}
      />
      {overlay.showsDifference && (
        <ul className={classes.legend} aria-label="Colours of the difference">
          {SHOWN.map((match) => (
            <li key={match} className="small">
              <i style={{ background: MATCH_COLOURS[match] }} />
              {MATCH_NAMES[match]}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
