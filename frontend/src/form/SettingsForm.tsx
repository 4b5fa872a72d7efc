import { memo, useMemo } from "react";
import type { ExperienceLevel, Setting } from "../api/types";
import { EmptyState } from "../ui/states";
import { Field } from "./Field";
import { useForm, useFormStore } from "./form-context";
import { LEVELS } from "./schema";
import { TryRows } from "./TryRows";
import classes from "./form.module.css";

/** Sections that change what the model sees; rows are tried at the first of them. */
const TRIED = ["tokenizer", "augmentation"];

export type FormView = { level: ExperienceLevel; search: string; onlyChanged: boolean };

/** The settings by section: those of the level, what a search finds at any level, or only what was changed. */
export const SettingsForm = memo(function SettingsForm({ view, onClear }: { view: FormView; onClear: () => void }) {
  const sections = useShownSections(view);
  if (sections.length === 0) {
    return (
      <EmptyState
        title={view.onlyChanged ? "Nothing was changed" : "No setting matches"}
        action={
          <button type="button" onClick={onClear}>
            Show all settings
          </button>
        }
      >
        {view.onlyChanged
          ? "Every setting has its default, or what the dataset decides."
          : "The search looks at names, keys and help texts of every level."}
      </EmptyState>
    );
  }
  const tried = sections.find((section) => TRIED.includes(section.id))?.id;
  return (
    <div>
      {sections.map(({ id, title, settings }) => (
        <section key={id} id={`section-${id}`} className={classes.section} aria-labelledby={`section-${id}-title`}>
          <div className={classes.sectionHead}>
            <h2 id={`section-${id}-title`} className={classes.sectionTitle}>
              {title}
            </h2>
            {id === tried && view.search === "" && <TryRows />}
          </div>
          {settings.map((setting) => (
            <Field key={setting.key} setting={setting} />
          ))}
        </section>
      ))}
    </div>
  );
});

export type ShownSection = { id: string; title: string; settings: Setting[] };

export function useShownSections(view: FormView): ShownSection[] {
  const store = useFormStore();
  const visible = useForm((state) => state.visible);
  const changed = useForm((_, one) => (view.onlyChanged ? one.changedKeys().join() : ""));
  return useMemo(() => {
    const keep = (setting: Setting) =>
      !setting.head && visible.has(setting.key) && isWanted(setting, view, changed.split(","));
    return store.document.sections
      .map((section) => ({
        ...section,
        settings: [...store.settings.values()].filter((setting) => setting.section === section.id && keep(setting)),
      }))
      .filter((section) => section.settings.length > 0);
  }, [store, visible, view, changed]);
}

function isWanted(setting: Setting, view: FormView, changed: string[]): boolean {
  if (view.onlyChanged && !changed.includes(setting.key)) return false;
  if (view.search.trim() !== "") return matches(setting, view.search);
  return view.onlyChanged || LEVELS.indexOf(setting.level) <= LEVELS.indexOf(view.level);
}

/** Every word of the search is in the name, the key or the help. */
function matches(setting: Setting, search: string): boolean {
  const text = `${setting.label} ${setting.key} ${setting.key.replaceAll("_", " ")} ${setting.help}`.toLowerCase();
  return search
    .toLowerCase()
    .trim()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
