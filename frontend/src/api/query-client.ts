import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./client";

/** One cache for everything the server said. The event stream writes into it; see `live/cache.ts`. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        refetchOnWindowFocus: false,
        retry: (count, error) => count < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
      },
    },
  });
}
