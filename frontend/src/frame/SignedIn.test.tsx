import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { isSignedOut } from "../api/machine";
import { api, ApiError } from "../api/client";
import { SignedIn } from "./SignedIn";

afterEach(() => vi.unstubAllGlobals());

test("only a refusal means signed out: an error of the server or the network does not", async () => {
  expect(isSignedOut(new TypeError("Failed to fetch"))).toBe(false);
  for (const [status, told] of [
    [401, true],
    [500, false],
  ] as const)
    expect(isSignedOut(await refusal(status))).toBe(told);
});

test("a browser that the server does not know gets the command, and one story", async () => {
  answer(401);
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });

  render(
    <MantineProvider>
      <QueryClientProvider client={client}>
        <SignedIn>the page</SignedIn>
      </QueryClientProvider>
    </MantineProvider>,
  );

  expect(await screen.findByText("studio link")).toBeTruthy();
  expect(screen.getByText(/This page reconnects by itself/)).toBeTruthy();
  expect(screen.queryByText("the page")).toBeNull();
});

function refusal(status: number): Promise<unknown> {
  answer(status);
  return api.get("/api/me").catch((error: unknown) => (error instanceof ApiError ? error : null));
}

function answer(status: number) {
  const message = "This browser is not signed in. Run `studio link` where the server runs.";
  const body = { error: { code: "unauthorized", message, hint: "" } };
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(JSON.stringify(body), { status })));
}
