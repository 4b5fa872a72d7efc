import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import type { Finding } from "../api/types";
import { HomeNotices } from "./HomeNotices";

const LOST = finding("lost_changes", "The database is older than the folders of some runs: a.", ["a"]);
const LOW = finding("disk_low", "Only 0.3 GB are free.", []);

beforeEach(() => window.localStorage.clear());

test("every notice says what is wrong and what to do", () => {
  show([LOST, LOW]);

  expect(screen.getAllByRole("status").map((one) => one.textContent)).toEqual([
    "The database is older than the folders of some runs: a. Do something.Dismiss",
    "Only 0.3 GB are free. Do something.",
  ]);
});

test("a dismissed notice stays away, another one of its kind does not", () => {
  const { unmount } = show([LOST]);
  fireEvent.click(screen.getByRole("button", { name: "Dismiss" }));
  expect(screen.queryByRole("status")).toBeNull();
  unmount();

  show([LOST, finding("lost_changes", "The database is older than the folders of some runs: b.", ["b"])]);

  expect(screen.getAllByRole("status").map((one) => one.textContent)).toEqual([
    "The database is older than the folders of some runs: b. Do something.Dismiss",
  ]);
});

function finding(code: string, message: string, examples: string[]): Finding {
  return { level: "warning", code, path: "here", message, fix: "Do something.", examples } as unknown as Finding;
}

function show(notices: Finding[]) {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity } } });
  client.setQueryData(["me"], { version: "1", home_name: "home", started: 0, notices });
  return render(
    <MantineProvider>
      <QueryClientProvider client={client}>
        <HomeNotices />
      </QueryClientProvider>
    </MantineProvider>,
  );
}
