import { CheckIcon } from "../ui/icons";
import classes from "./importing.module.css";

const STEPS = [
  { id: "source", title: "Source" },
  { id: "check", title: "Check" },
  { id: "columns", title: "Columns" },
];

export function StepBar({ step, isOpen, onGo }: { step: string; isOpen: boolean; onGo: (step: string) => void }) {
  const now = STEPS.findIndex((one) => one.id === step);
  return (
    <nav aria-label="Steps">
      <ol className={classes.steps}>
        {STEPS.map((one, i) => (
          <li key={one.id}>
            <button
              type="button"
              aria-current={i === now ? "step" : undefined}
              data-done={i < now || undefined}
              disabled={i > now && !isOpen}
              onClick={() => onGo(one.id)}
            >
              <span className={classes.stepNumber}>{i < now ? <CheckIcon size={14} /> : i + 1}</span>
              {one.title}
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}
