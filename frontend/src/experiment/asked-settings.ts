import { useMemo } from "react";
import { useSettingsDocument } from "../api/catalogue";
import { useExperimentSettings } from "../api/experiments";
import type { Experiment, SettingValues } from "../api/types";
import { FormStore } from "../form/store";

/** What an experiment, or one run of it, was asked to do, as a form that was filled with it: so both count changes alike. */
export function useAskedSettings(experiment: Experiment, point?: SettingValues) {
  const settings = useExperimentSettings(experiment.id);
  const document = useSettingsDocument(
    settings.data?.problem_type ?? null,
    settings.data?.model_type ?? null,
    experiment.dataset?.id ?? null,
  );
  const form = useMemo(() => {
    if (!settings.data || !document.data) return null;
    const filled = new FormStore(document.data);
    filled.take({ ...settings.data.settings, ...point }, point ? {} : settings.data.grid);
    return filled;
  }, [settings.data, document.data, point]);
  return { form, settings, document };
}
