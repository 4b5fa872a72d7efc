import type { Overlay } from "./overlay";
import classes from "./samples.module.css";

type ClassButtonsProps = { names: readonly string[]; overlay: Overlay; onOverlay: (overlay: Overlay) => void };

/** Which classes are drawn. */
export function ClassButtons({ names, overlay, onOverlay }: ClassButtonsProps) {
  const toggle = (name: string) => {
    const hidden = overlay.hiddenClasses;
    const hiddenClasses = hidden.includes(name) ? hidden.filter((one) => one !== name) : [...hidden, name];
    onOverlay({ ...overlay, hiddenClasses });
  };
  return (
    <div className={classes.truths} role="group" aria-label="Classes">
      {names.map((name) => (
        <button
          key={name}
          type="button"
          className={classes.chip}
          aria-pressed={!overlay.hiddenClasses.includes(name)}
          onClick={() => toggle(name)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
