import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, apiPath, withQuery } from "./client";
import type { Choices, Dataset, Import, MediaSize } from "./types";

export function useImport(id: string | null) {
  return useQuery({
    queryKey: ["imports", id],
    queryFn: () => api.get<Import>(apiPath("imports", id ?? "")),
    enabled: id !== null,
    refetchInterval: (query) => (query.state.data?.state === "scanning" ? 400 : false),
    staleTime: 0,
  });
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
    mutationFn: (source: { upload_id: string } | { path: string }) => api.post<Import>("/api/imports", source),
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
