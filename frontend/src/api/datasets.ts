import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, apiPath, withQuery } from "./client";
import type { Dataset, DatasetProfile, Example, Finding, MediaSize, RunState, SamplePage } from "./types";

export type DatasetSampleFilter = { table: string | null; label: string | null; q: string | null };

export const SAMPLES_A_PAGE = 24;

export function useDatasets() {
  return useQuery({ queryKey: ["datasets"], queryFn: () => api.get<Dataset[]>("/api/datasets") });
}

export function useDataset(id: string | null) {
  return useQuery({
    queryKey: ["datasets", id],
    queryFn: () => api.get<Dataset>(apiPath("datasets", id ?? "")),
    enabled: id !== null,
  });
}

export function useDatasetFindings(id: string, isReady: boolean) {
  return useQuery({
    queryKey: ["datasets", id, "findings"],
    queryFn: () => api.get<Finding[]>(apiPath("datasets", id, "findings")),
    enabled: isReady,
  });
}

export function useDatasetProfile(id: string, isReady: boolean) {
  return useQuery({
    queryKey: ["datasets", id, "profile"],
    queryFn: () => api.get<DatasetProfile>(apiPath("datasets", id, "profile")),
    enabled: isReady,
    staleTime: Infinity,
  });
}

const NO_CLASSES: readonly string[] = [];

/** The classes of a dataset, in the order of models; none as long as they are not known. */
export function useClassNames(id: string | null): readonly string[] {
  return useDatasetProfile(id ?? "", id !== null).data?.parts.labels?.names ?? NO_CLASSES;
}

export function useDatasetUse(id: string) {
  return useQuery({
    queryKey: ["datasets", id, "used-by"],
    queryFn: () => api.get<{ id: string; name: string; state: RunState }[]>(apiPath("datasets", id, "used-by")),
  });
}

export function useDatasetSamples(id: string, filter: DatasetSampleFilter, isReady: boolean) {
  return useInfiniteQuery({
    queryKey: ["datasets", id, "samples", filter],
    queryFn: ({ pageParam }) =>
      api.get<SamplePage>(apiPath("datasets", id, "samples"), { ...filter, offset: pageParam, limit: SAMPLES_A_PAGE }),
    initialPageParam: 0,
    getNextPageParam: nextOffset,
    placeholderData: keepPreviousData,
    enabled: isReady,
    staleTime: Infinity,
  });
}

/** Where the next page of samples starts, or nothing after the last. */
export function nextOffset(last: SamplePage, pages: SamplePage[]): number | undefined {
  const seen = pages.reduce((sum, page) => sum + page.rows.length, 0);
  return last.rows.length > 0 && seen < last.total ? seen : undefined;
}

export function datasetMedia(id: string, path: string, size: MediaSize = "full"): string {
  return withQuery(apiPath("datasets", id, "media"), { path, size });
}

export function useRenameDataset() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, name }: { id: string; name: string }) => api.patch<Dataset>(apiPath("datasets", id), { name }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["datasets"] }),
  });
}

export function useDeleteDataset() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.delete<null>(apiPath("datasets", id)),
    onSuccess: () => client.invalidateQueries({ queryKey: ["datasets"], exact: true }),
  });
}

export function useExamples() {
  return useQuery({ queryKey: ["examples"], queryFn: () => api.get<Example[]>("/api/examples") });
}

/** Makes the example dataset of a problem type, or gives the one there is. */
export function useMakeExample() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (problemType: string) => api.post<Dataset>(apiPath("examples", problemType)),
    onSuccess: (dataset) => {
      client.setQueryData(["datasets", dataset.id], dataset);
      void client.invalidateQueries({ queryKey: ["examples"] });
      void client.invalidateQueries({ queryKey: ["datasets"], exact: true });
    },
  });
}
