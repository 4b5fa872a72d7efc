import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, ApiError } from "./client";
import type { About, CleanUp, Finding, Machine, Me, Queue, StorageUse } from "./types";

/** Whether the server answers and does not know this browser: no lost connection, and nothing to wait for. */
export function isSignedOut(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 401;
}

/** Who answers, and what is to be known of the home; asked often while `isAsking`, to notice a server started anew. */
export function useMe(isAsking = false) {
  return useQuery({
    queryKey: ["me"],
    queryFn: () => api.get<Me>("/api/me"),
    staleTime: 60_000,
    refetchInterval: isAsking ? 3_000 : 60_000,
  });
}

export function useMachine(refreshSeconds?: number) {
  return useQuery({
    queryKey: ["machine"],
    queryFn: () => api.get<Machine>("/api/machine"),
    refetchInterval: refreshSeconds ? refreshSeconds * 1000 : false,
  });
}

export function useQueue() {
  return useQuery({ queryKey: ["queue"], queryFn: () => api.get<Queue>("/api/queue") });
}

export function useReorderQueue() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (runs: string[]) => api.post<unknown>("/api/queue/order", { run_ids: runs }),
    onSettled: () => client.invalidateQueries({ queryKey: ["queue"] }),
  });
}

export function useStorage() {
  return useQuery({ queryKey: ["storage"], queryFn: () => api.get<StorageUse>("/api/storage"), staleTime: 0 });
}

export function useCleanUp() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.post<CleanUp>("/api/storage/clean-up"),
    onSuccess: () => client.invalidateQueries({ queryKey: ["storage"] }),
  });
}

export function useDoctor() {
  return useQuery({
    queryKey: ["doctor"],
    queryFn: () => api.get<{ ok: boolean; findings: Finding[] }>("/api/doctor"),
    staleTime: 300_000,
  });
}

export function useAbout() {
  return useQuery({ queryKey: ["about"], queryFn: () => api.get<About>("/api/about"), staleTime: Infinity });
}

export function useSignOut() {
  return useMutation({ mutationFn: () => api.post<unknown>("/api/logout") });
}
