import { WarningIcon } from "../ui/icons";
import { plural } from "../ui/format";
import type { Remapped } from "./beginning";
import { useFormStore } from "./form-context";
import { showValue } from "./schema";
import classes from "./form.module.css";

type RemapNoticeProps = { remapped: Remapped[]; dataset: string; onGo: (key: string) => void };

/** What had to be changed because the chosen dataset does not have it. */
export function RemapNotice({ remapped, dataset, onGo }: RemapNoticeProps) {
  const store = useFormStore();
  if (remapped.length === 0) return null;
  return (
    <section className={classes.remap} role="status" aria-label="Changed settings">
      <WarningIcon size={18} />
      <div>
        <strong>
          {plural(remapped.length, "setting")} changed to fit {dataset}
        </strong>
        <ul>
          {remapped.map(({ key, label, from, to }) => (
            <li key={key}>
              <button type="button" onClick={() => onGo(key)}>
                {label}
              </button>
              : {showValue(store.settings.get(key), from)} → {showValue(store.settings.get(key), to)}
            </li>
          ))}
        </ul>
        <p className="small muted">All other values are kept.</p>
      </div>
    </section>
  );
}
