import { Button } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { type RefObject, useEffect, useRef, useState } from "react";
import { useBlocker, useNavigate, useSearchParams } from "react-router";
import { ApiError } from "../api/client";
import { usePreferences, useSavePreferences, useSettingsCheck } from "../api/catalogue";
import { useStartExperiment } from "../api/experiments";
import type { ExperienceLevel, Finding, SettingsCheck, SettingsDocument } from "../api/types";
import { ConfirmDialog } from "../ui/Confirm";
import { useShortcuts } from "../ui/keys";
import { plural } from "../ui/format";
import { useSetSearch } from "../ui/search-state";
import { ErrorPanel } from "../ui/states";
import { begin, type FormSource, type Remapped } from "./beginning";
import { dropDraft, readDraft, useKeptDraft } from "./drafts";
import { ErrorSummary } from "./ErrorSummary";
import { fieldId } from "./Field";
import { FormProvider, useForm, useFormStore } from "./form-context";
import { FormToolbar } from "./FormToolbar";
import { Outlook } from "./Outlook";
import { RemapNotice } from "./RemapNotice";
import { LEVELS } from "./schema";
import { goToSection, SectionNav } from "./SectionNav";
import { type FormView, SettingsForm } from "./SettingsForm";
import { FormStore } from "./store";
import { SuggestedPanel } from "./SuggestedPanel";
import classes from "./form-page.module.css";

type ExperimentFormProps = {
  document: SettingsDocument;
  source: FormSource;
  /** Where the page finds the form's values, to carry them over to another dataset. */
  storeRef: RefObject<FormStore | null>;
};

const RUN_LIMIT = 256;

export function ExperimentForm({ document, source, storeRef }: ExperimentFormProps) {
  const form = `${document.problem_type}|${document.model_type}|${source.dataset.id}|${source.from?.id ?? ""}`;
  const [{ store, remapped }] = useState(() => prepared(document, source, form));
  useKeptDraft(store, form);
  useEffect(() => {
    storeRef.current = store;
  }, [store, storeRef]);
  return (
    <FormProvider value={store}>
      <FormBody remapped={remapped} dataset={source.dataset.name} />
    </FormProvider>
  );
}

/** Defaults, then what the dataset decides, then what the form begins with, then an unsent draft. */
function prepared(document: SettingsDocument, source: FormSource, form: string) {
  const store = new FormStore(document);
  const remapped = begin(store, source);
  const draft = readDraft(form);
  if (draft === null || source.file !== null || source.carried !== null) return { store, remapped };
  store.restore(draft);
  return { store, remapped: [] };
}

function FormBody({ remapped, dataset }: { remapped: Remapped[]; dataset: string }) {
  const [view, setView] = useFormView();
  const search = useRef<HTMLInputElement>(null);
  const summary = useRef<HTMLDivElement>(null);
  const check = useCheck();
  const starting = useStarting(summary);
  const go = useGoTo(view, setView);
  useAskedSetting(go);
  const isLeaving = useLeaveGuard(starting.isDone);
  const sectionKeys = useSectionKeys();
  useShortcuts({ "/": () => search.current?.focus(), "Control+Enter": starting.start, ...sectionKeys });
  return (
    <>
      <RemapNotice remapped={remapped} dataset={dataset} onGo={go} />
      <SuggestedPanel />
      {starting.showsSummary && <ErrorSummary ref={summary} others={starting.others} onGo={go} />}
      {starting.error !== null && <ErrorPanel title="The experiment was not started." error={starting.error} />}
      <div className={classes.layout}>
        <div className={classes.side}>
          <SectionNav view={view} />
        </div>
        <div className={classes.middle}>
          <FormToolbar view={view} onChange={setView} searchRef={search} />
          <SettingsForm view={view} onClear={() => setView({ search: "", onlyChanged: false })} />
        </div>
        <div className={classes.outlook}>
          <Outlook check={check.data} error={check.error} isStale={check.isStale} onGo={go} />
        </div>
      </div>
      <Footer check={check.data} isBusy={starting.isBusy} onStart={starting.start} />
      <ConfirmDialog
        isOpen={isLeaving.isOpen}
        onClose={isLeaving.stay}
        title="Leave this form?"
        verb="Leave"
        onConfirm={isLeaving.leave}
      >
        Your changes stay in this tab: come back to the same form and they are there.
      </ConfirmDialog>
    </>
  );
}

function Footer({
  check,
  isBusy,
  onStart,
}: {
  check: SettingsCheck | undefined;
  isBusy: boolean;
  onStart: () => void;
}) {
  const changed = useForm((_, store) => store.changedKeys().length);
  const points = useForm((_, store) => store.gridPoints());
  const others = (check?.plan.factors ?? []).filter((factor) => factor.count > 1);
  const runs = points > 1 ? Math.max(points, check?.plan.runs ?? 0) : (check?.plan.runs ?? 1);
  const isTooMany = points > RUN_LIMIT;
  return (
    <div className={classes.footer}>
      <span className={classes.footerText} aria-live="polite">
        {changed === 0 ? "All settings at their start values" : plural(changed, "changed setting")}
        {others.length > 0 &&
          ` · ${others.map((factor) => `${factor.count} ${factor.label.toLowerCase()}`).join(" × ")}`}
        {isTooMany && ` · At most ${RUN_LIMIT} runs can be started at once. Try fewer values.`}
      </span>
      <Button size="md" loading={isBusy} disabled={isTooMany} onClick={onStart}>
        {runs > 1 ? `Start ${plural(runs, "run")}` : "Start experiment"}
      </Button>
    </div>
  );
}

function useFormView(): [FormView, (change: Partial<FormView>) => void] {
  const [params] = useSearchParams();
  const setSearch = useSetSearch();
  const preferred = usePreferences().data?.level;
  const save = useSavePreferences();
  const [own, setOwn] = useState({ search: "", onlyChanged: false });
  const asked = params.get("level") as ExperienceLevel | null;
  const level = asked !== null && LEVELS.includes(asked) ? asked : (preferred ?? "novice");
  const change = ({ level: next, ...rest }: Partial<FormView>) => {
    if (next !== undefined) {
      setSearch({ level: next });
      save.mutate({ level: next });
    }
    setOwn((old) => ({ ...old, ...rest }));
  };
  return [{ ...own, level }, change];
}

function useCheck() {
  const store = useFormStore();
  const state = useForm((one) => one);
  const [settled] = useDebouncedValue(state, 400);
  const isSent = settled === state && !store.hasInvalidValues();
  const check = useSettingsCheck(isSent ? store.draft() : null);
  const findings = isSent && !check.isPlaceholderData ? check.data?.findings : undefined;
  useEffect(() => {
    if (findings) store.showCheck(findings);
  }, [store, findings]);
  return { data: check.data, error: check.error, isStale: settled !== state || check.isFetching };
}

function useStarting(summary: { current: HTMLDivElement | null }) {
  const store = useFormStore();
  const navigate = useNavigate();
  const mutation = useStartExperiment();
  const [key] = useState(() => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`);
  const [showsSummary, setShowsSummary] = useState(false);
  const [others, setOthers] = useState<Finding[]>([]);
  const isDone = useRef(false);
  const focusSummary = () => {
    setShowsSummary(true);
    setTimeout(() => summary.current?.focus(), 0);
  };
  const start = () => {
    if (mutation.isPending) return;
    setOthers([]);
    if (store.mustChange()) return focusSummary();
    mutation.mutate(
      { draft: store.draft(), key: `${key}-${attempt(store)}` },
      {
        onSuccess: (experiment) => {
          isDone.current = true;
          dropDraft();
          void navigate(`/experiments/${experiment.id}/charts`);
        },
        onError: (error) => {
          if (!(error instanceof ApiError) || error.status !== 422) return;
          store.blame(error.findings);
          setOthers(error.findings.filter((finding) => finding.level === "error" && !store.settings.has(finding.path)));
          focusSummary();
        },
      },
    );
  };
  const error =
    mutation.error instanceof ApiError && mutation.error.status === 422 && mutation.error.findings.length > 0
      ? null
      : mutation.error;
  return { start, isBusy: mutation.isPending, showsSummary, others, error, isDone };
}

/** The same draft sent twice is the same start; a changed one is another. */
function attempt(store: FormStore): string {
  const text = JSON.stringify(store.draft());
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (hash * 31 + text.charCodeAt(i)) | 0;
  return (hash >>> 0).toString(36);
}

function useGoTo(view: FormView, setView: (change: Partial<FormView>) => void) {
  const store = useFormStore();
  return (key: string) => {
    const setting = store.settings.get(key);
    const needed =
      setting && LEVELS.indexOf(setting.level) > LEVELS.indexOf(view.level) ? { level: setting.level } : {};
    setView({ search: "", onlyChanged: false, ...needed });
    focusWhenShown(fieldId(key));
  };
}

/** Focus a field as soon as it is drawn: showing another level takes as long as the machine needs. */
function focusWhenShown(id: string, until = performance.now() + 3000): void {
  requestAnimationFrame(() => {
    const control = window.document.getElementById(id);
    if (control) {
      (control.closest("[data-setting]") ?? control).scrollIntoView({ block: "center" });
      control.focus({ preventScroll: true });
    } else if (performance.now() < until) focusWhenShown(id, until);
  });
}

/** A failed run links to the setting that stands behind it. */
function useAskedSetting(go: (key: string) => void): void {
  const [params] = useSearchParams();
  const asked = params.get("find");
  const goNow = useRef(go);
  useEffect(() => {
    if (asked !== null) goNow.current(asked);
  }, [asked]);
}

function useLeaveGuard(isDone: { current: boolean }) {
  const store = useFormStore();
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      !isDone.current && currentLocation.pathname !== nextLocation.pathname && hasOwnChanges(store),
  );
  return { isOpen: blocker.state === "blocked", stay: () => blocker.reset?.(), leave: () => blocker.proceed?.() };
}

function hasOwnChanges(store: FormStore): boolean {
  return store.ownKeys().some((key) => !(key in store.current().applied));
}

function useSectionKeys(): Record<string, () => void> {
  const store = useFormStore();
  return Object.fromEntries(
    store.document.sections.slice(0, 9).map((section, i) => [`Alt+${i + 1}`, () => goToSection(section.id)]),
  );
}
