import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, apiPath } from "./client";
import type {
  Draft,
  HelpTopic,
  LoadedSettings,
  Preferences,
  ProblemType,
  SettingsCheck,
  SettingsDocument,
  SettingsPreview,
  SuggestedChange,
} from "./types";

/** Problem types, settings documents, checks, help and preferences. */

export function useProblemTypes() {
  return useQuery({
    queryKey: ["problem-types"],
    queryFn: () => api.get<ProblemType[]>("/api/problem-types"),
    staleTime: Infinity,
  });
}

export function useProblemType(id: string | null | undefined): ProblemType | undefined {
  return useProblemTypes().data?.find((one) => one.id === id);
}

export function useSettingsDocument(problemType: string | null, modelType: string | null, dataset: string | null) {
  return useQuery({
    queryKey: ["schema", problemType, modelType, dataset],
    queryFn: () => api.get<SettingsDocument>(apiPath("schema", problemType ?? ""), { model_type: modelType, dataset }),
    enabled: problemType !== null,
    staleTime: 60_000,
  });
}

/** What would happen if this draft were started. The last answer stays while the next one comes. */
export function useSettingsCheck(draft: Draft | null) {
  return useQuery({
    queryKey: ["settings-check", draft],
    queryFn: () => api.post<SettingsCheck>("/api/settings/check", draft),
    enabled: draft !== null,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    gcTime: 60_000,
  });
}

/** What training and inference would see of a few rows. */
export function useSettingsPreview() {
  return useMutation({
    mutationFn: (draft: Omit<Draft, "grid">) =>
      api.post<SettingsPreview>("/api/settings/preview", { ...draft, grid: {} }),
  });
}

export function previewMedia(id: string, path: string): string {
  return `${apiPath("previews", id, "media")}?path=${encodeURIComponent(path)}`;
}

export function useLoadSettings() {
  return useMutation({ mutationFn: (yaml: string) => api.post<LoadedSettings>("/api/settings/load", { yaml }) });
}

export function useSuggestSettings() {
  return useMutation({
    mutationFn: (draft: Omit<Draft, "grid">) =>
      api.post<{ changes: SuggestedChange[] }>("/api/settings/suggest", draft),
  });
}

export function useSettingsYaml() {
  return useMutation({ mutationFn: (draft: Draft) => api.post<{ yaml: string }>("/api/settings/yaml", draft) });
}

export function useHelp() {
  return useQuery({
    queryKey: ["help"],
    queryFn: () => api.get<{ topics: HelpTopic[] }>("/api/help"),
    staleTime: Infinity,
  });
}

export function useReference(problemType: string | null) {
  return useQuery({
    queryKey: ["reference", problemType],
    queryFn: () => api.get<{ markdown: string }>(apiPath("reference", problemType ?? "")),
    enabled: problemType !== null,
    staleTime: Infinity,
  });
}

export function usePreferences() {
  return useQuery({
    queryKey: ["preferences"],
    queryFn: () => api.get<Preferences>("/api/preferences"),
    staleTime: Infinity,
  });
}

export function useSavePreferences() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (changes: Preferences) =>
      api.put<Preferences>("/api/preferences", { ...client.getQueryData<Preferences>(["preferences"]), ...changes }),
    onMutate: (changes) => client.setQueryData<Preferences>(["preferences"], (old) => ({ ...old, ...changes })),
  });
}
