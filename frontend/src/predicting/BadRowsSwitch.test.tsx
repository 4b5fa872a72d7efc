import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { MemoryRouter } from "react-router";
import { afterEach, expect, test, vi } from "vitest";
import type { Experiment, ProblemType, Run } from "../api/types";
import { DatasetForm } from "./DatasetForm";

const SWITCH = /^Refuse files with rows that cannot be predicted/;
const DATASET = {
  id: "d1",
  name: "Requests",
  state: "ready",
  problem_type: "text_classification",
  tables: [{ name: "test.csv", role: "test", rows: 3 }],
};

afterEach(() => vi.unstubAllGlobals());

test("rows that cannot be predicted are left out unless the switch is set", async () => {
  const orders = show();

  expect(screen.getByRole("switch", { name: SWITCH })).not.toBeChecked();
  await userEvent.click(screen.getByRole("button", { name: "Start prediction" }));
  await vi.waitFor(() => expect(orders).toHaveLength(1));
  await userEvent.click(screen.getByRole("switch", { name: SWITCH }));
  await userEvent.click(screen.getByRole("button", { name: "Start prediction" }));
  await vi.waitFor(() => expect(orders).toHaveLength(2));

  expect(orders.map((one) => one.refuse_bad_rows)).toEqual([false, true]);
});

/** The form for one dataset; gives the orders that it sends. */
function show(): Record<string, unknown>[] {
  const orders: Record<string, unknown>[] = [];
  vi.stubGlobal("fetch", (_: string, { body }: { body: string }) => {
    orders.push(JSON.parse(body) as Record<string, unknown>);
    return Promise.resolve(
      new Response(JSON.stringify({ error: { code: "busy", message: "Busy." } }), { status: 409 }),
    );
  });
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity } } });
  client.setQueryData(["datasets"], [DATASET]);
  const experiment = { name: "first", problem_type: DATASET.problem_type, dataset: { id: "d1" } };
  render(
    <MantineProvider>
      <QueryClientProvider client={client}>
        <MemoryRouter>
          <DatasetForm run={{ id: "r1" } as Run} experiment={experiment as Experiment} type={{} as ProblemType} />
        </MemoryRouter>
      </QueryClientProvider>
    </MantineProvider>,
  );
  return orders;
}
