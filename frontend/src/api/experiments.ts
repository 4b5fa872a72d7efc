import { keepPreviousData, useMutation, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, apiPath } from "./client";
import type { Draft, Experiment, ExperimentRow, ExperimentSettings } from "./types";

export type ExperimentFilter = {
  q?: string;
  state?: string;
  problem_type?: string;
  dataset?: string;
  tag?: string;
  archived?: string;
  /** Only those with a finished model. */
  has_model?: boolean;
  sort?: string;
};
export type ExperimentPage = { total: number; items: ExperimentRow[] };

/** The first experiments that match, the newest first. For a list of all of them, see `useExperimentList`. */
export function useExperiments(filter: ExperimentFilter, limit: number) {
  return useQuery({ ...pageQuery(filter, 0, limit), placeholderData: keepPreviousData });
}

const EXPERIMENTS_A_PAGE = 100;

/** Any part of a list of any length: only the pages that hold the rows in sight are asked for. */
export function useExperimentList(filter: ExperimentFilter, range: { first: number; last: number }) {
  const page = (number: number) => pageQuery(filter, number * EXPERIMENTS_A_PAGE, EXPERIMENTS_A_PAGE);
  const head = useQuery({ ...page(0), placeholderData: keepPreviousData });
  const total = head.data?.total ?? 0;
  const wanted = pagesOf(range, total);
  const others = useQueries({ queries: wanted.map(page) });
  const rowAt = (index: number): ExperimentRow | undefined => {
    const number = Math.floor(index / EXPERIMENTS_A_PAGE);
    const found = number === 0 ? head.data : others[wanted.indexOf(number)]?.data;
    return found?.items[index % EXPERIMENTS_A_PAGE];
  };
  return { head, total, rowAt, failed: others.find((one) => one.isError) ?? null };
}

function pageQuery(filter: ExperimentFilter, offset: number, limit: number) {
  return {
    queryKey: ["experiments", "list", filter, offset, limit],
    queryFn: () => api.get<ExperimentPage>("/api/experiments", { sort: "-created", ...filter, offset, limit }),
  };
}

/** The pages, apart from the first, that hold rows `first` to `last`. */
function pagesOf({ first, last }: { first: number; last: number }, total: number): number[] {
  const from = Math.floor(first / EXPERIMENTS_A_PAGE);
  const to = Math.floor(Math.min(last, total - 1) / EXPERIMENTS_A_PAGE);
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i).filter((number) => number > 0);
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
