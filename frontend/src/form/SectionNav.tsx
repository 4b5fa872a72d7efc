import type { FormView } from "./SettingsForm";
import { useShownSections } from "./SettingsForm";
import { useForm, useFormStore } from "./form-context";
import classes from "./form-page.module.css";

/** The sections at hand, each with the number of problems in it. */
export function SectionNav({ view }: { view: FormView }) {
  const store = useFormStore();
  useForm((state) => state);
  const sections = useShownSections(view);
  const problems = store.problems().map((problem) => store.settings.get(problem.key)?.section);
  return (
    <nav className={classes.sections} aria-label="Sections">
      {sections.map((section) => {
        const count = problems.filter((one) => one === section.id).length;
        return (
          <a
            key={section.id}
            href={`#section-${section.id}`}
            className={classes.sectionLink}
            onClick={(event) => (event.preventDefault(), goToSection(section.id))}
          >
            <span className="clip">{section.title}</span>
            {count > 0 ? (
              <span className={classes.badCount} aria-label={`${count} problems`}>
                {count}
              </span>
            ) : (
              <span className={classes.settingCount}>{section.settings.length}</span>
            )}
          </a>
        );
      })}
    </nav>
  );
}

export function goToSection(id: string): void {
  const section = document.getElementById(`section-${id}`);
  section?.scrollIntoView();
  section?.querySelector<HTMLElement>("input, textarea, button")?.focus({ preventScroll: true });
}
