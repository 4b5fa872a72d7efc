import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, apiPath, withQuery } from "./client";
import { nextOffset, SAMPLES_A_PAGE } from "./datasets";
import type { MediaRef, MediaSize, Prediction, RunFile, SamplePage } from "./types";

export type PredictionOrder = {
  experiment?: string;
  run_id?: string;
  name?: string;
  columns?: Record<string, string[]>;
  refuse_bad_rows: boolean;
} & ({ dataset_id: string; table: string } | { upload_id: string });

export function usePredictions() {
  return useQuery({ queryKey: ["predictions"], queryFn: () => api.get<Prediction[]>("/api/predictions") });
}

export function usePrediction(id: string) {
  return useQuery({ queryKey: ["predictions", id], queryFn: () => api.get<Prediction>(apiPath("predictions", id)) });
}

export function useStartPrediction() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (order: PredictionOrder) => api.post<Prediction>("/api/predictions", order),
    onSuccess: () => client.invalidateQueries({ queryKey: ["predictions"] }),
  });
}

export function useDeletePrediction() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.delete<null>(apiPath("predictions", id)),
    onSuccess: () => client.invalidateQueries({ queryKey: ["predictions"], exact: true }),
  });
}

export type PredictionSampleFilter = { sort: string; prediction: string | null };

export function usePredictionSamples(id: string, filter: PredictionSampleFilter, enabled: boolean) {
  return useInfiniteQuery({
    queryKey: ["predictions", id, "samples", filter],
    queryFn: ({ pageParam }) =>
      api.get<SamplePage>(apiPath("predictions", id, "samples"), {
        ...filter,
        offset: pageParam,
        limit: SAMPLES_A_PAGE,
      }),
    initialPageParam: 0,
    getNextPageParam: nextOffset,
    enabled,
  });
}

export function usePredictionFiles(id: string, enabled: boolean) {
  return useQuery({
    queryKey: ["predictions", id, "files"],
    queryFn: () => api.get<RunFile[]>(apiPath("predictions", id, "files")),
    enabled,
  });
}

export function predictionFile(id: string, name: string): string {
  return `${apiPath("predictions", id, "files")}/${name.split("/").map(encodeURIComponent).join("/")}`;
}

export function predictionMedia(id: string, { path, origin }: MediaRef, size: MediaSize = "full"): string {
  return withQuery(apiPath("predictions", id, "media"), { path, origin, size });
}
