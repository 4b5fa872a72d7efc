import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, apiPath, withQuery } from "./client";
import type { Choices, Dataset, Import, MediaSize } from "./types";

export function useImport(id: string | null) {
  return useQuery({
    queryKey: ["imports", id],
    queryFn: () => api.get<Import>(apiPath("imports", id ?? "")),
    enabled: id !== null,
    refetchInterval: (query) => refetchAfter(query.state.data),
    staleTime: 0,
  });
}

/** A small table is read in a fraction of a second; the check of every row may take minutes. */
function refetchAfter(scan: Import | undefined): number | false {
  if (scan?.state === "scanning") return 150;
  return scan?.check?.state === "running" ? 600 : false;
}

/** Has the server get ready for the data that is about to be chosen. */
export function usePrepareImport(): void {
  const { mutate } = useMutation({ mutationFn: () => api.post<null>("/api/imports/prepare") });
  useEffect(() => mutate(), [mutate]);
}

export function useImportRoots() {
  return useQuery({
    queryKey: ["import-roots"],
    queryFn: () => api.get<{ roots: string[] }>("/api/import-roots"),
    staleTime: Infinity,
  });
}

export function useStartImport() {
  return useMutation({
    mutationFn: (source: { upload_id: string } | { path: string }) =>
      api.post<Import>("/api/imports", { ...source, is_checked: true }),
  });
}

export function useCheckImport(id: string | null) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (choices: Partial<Choices>) => api.post<Import>(`${apiPath("imports", id ?? "")}/check`, { choices }),
    onSuccess: (answer) => client.setQueryData(["imports", answer.id], answer),
  });
}

export function useFinishImport(id: string | null) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (order: { name: string; choices: Choices }) =>
      api.post<Dataset>(`${apiPath("imports", id ?? "")}/finish`, order),
    onSuccess: (dataset) => {
      client.setQueryData(["datasets", dataset.id], dataset);
      void client.invalidateQueries({ queryKey: ["datasets"], exact: true });
    },
  });
}

export function useDropImport() {
  return useMutation({ mutationFn: (id: string) => api.delete<null>(apiPath("imports", id)) });
}

export function importMedia(id: string, path: string, size: MediaSize = "full"): string {
  return withQuery(apiPath("imports", id, "media"), { path, size });
}
