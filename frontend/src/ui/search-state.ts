import { useCallback } from "react";
import { useSearchParams } from "react-router";

/** One value of the address's query. `fallback` is not written, so addresses stay short. */
export function useSearchState(name: string, fallback = ""): [string, (value: string) => void] {
  const [params, setParams] = useSearchParams();
  const set = useCallback(
    (value: string) =>
      setParams(
        (old) => {
          const next = new URLSearchParams(old);
          if (value === fallback || value === "") next.delete(name);
          else next.set(name, value);
          return next;
        },
        { replace: true, preventScrollReset: true },
      ),
    [name, fallback, setParams],
  );
  return [params.get(name) ?? fallback, set];
}

/** Several values at once, in one step of the history. */
export function useSetSearch(): (changes: Record<string, string | null>, options?: { push?: boolean }) => void {
  const [, setParams] = useSearchParams();
  return useCallback(
    (changes, options) =>
      setParams(
        (old) => {
          const next = new URLSearchParams(old);
          for (const [name, value] of Object.entries(changes)) {
            if (value === null || value === "") next.delete(name);
            else next.set(name, value);
          }
          return next;
        },
        { replace: !options?.push, preventScrollReset: true },
      ),
    [setParams],
  );
}
