import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, apiPath } from "./client";
import type { Draft, Experiment, ExperimentRow, ExperimentSettings } from "./types";

export type ExperimentFilter = {
  q?: string;
  state?: string;
  problem_type?: string;
  dataset?: string;
  tag?: string;
  archived?: string;
  sort?: string;
};
export type ExperimentPage = { total: number; items: ExperimentRow[] };

export function useExperiments(filter: ExperimentFilter = {}, limit = 200) {
  return useQuery({
    queryKey: ["experiments", "list", filter, limit],
    queryFn: () => api.get<ExperimentPage>("/api/experiments", { sort: "-created", ...filter, offset: 0, limit }),
    placeholderData: keepPreviousData,
  });
}

export function useExperiment(id: string | null) {
  return useQuery({
    queryKey: ["experiments", id],
    queryFn: () => api.get<Experiment>(apiPath("experiments", id ?? "")),
    enabled: id !== null,
  });
}

export function useExperimentSettings(id: string | null) {
  return useQuery({
    queryKey: ["experiments", id, "settings"],
    queryFn: () => api.get<ExperimentSettings>(apiPath("experiments", id ?? "", "settings")),
    enabled: id !== null,
    staleTime: Infinity,
  });
}

/** Starts a draft. The key makes a repeated click or a repeated request start it once. */
export function useStartExperiment() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ draft, key }: { draft: Draft & { name?: string }; key: string }) =>
      api.post<Experiment>("/api/experiments", draft, { "Idempotency-Key": key }),
    onSuccess: (experiment) => {
      client.setQueryData(["experiments", experiment.id], experiment);
      void client.invalidateQueries({ queryKey: ["experiments", "list"] });
    },
  });
}

export type ExperimentChanges = { name?: string; notes?: string; tags?: string[]; archived?: boolean };

export function useChangeExperiment(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (changes: ExperimentChanges) => api.patch<Experiment>(apiPath("experiments", id), changes),
    onSuccess: (experiment) => {
      client.setQueryData(["experiments", id], experiment);
      void client.invalidateQueries({ queryKey: ["experiments", "list"] });
    },
  });
}

export function useSteerExperiment(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (action: "stop" | "resume") => api.post<Experiment>(`${apiPath("experiments", id)}/${action}`),
    onSuccess: (experiment) => {
      client.setQueryData(["experiments", id], experiment);
      void client.invalidateQueries({ queryKey: ["experiments", "list"] });
    },
  });
}

export function useDeleteExperiment() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.delete<null>(apiPath("experiments", id)),
    onSuccess: () => client.invalidateQueries({ queryKey: ["experiments", "list"] }),
  });
}
