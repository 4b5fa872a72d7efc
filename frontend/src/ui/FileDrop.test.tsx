import { MantineProvider } from "@mantine/core";
import { createEvent, fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { FileDrop } from "./FileDrop";

const fileNamed = (name: string) => new File(["a,b"], name);

function show() {
  const onFile = vi.fn();
  render(
    <MantineProvider>
      <FileDrop label="Dataset file" accept=".csv" title="Drop a file here" button="Choose file" onFile={onFile} />
    </MantineProvider>,
  );
  return onFile;
}

function drop(items: unknown[]): void {
  const target = screen.getByText("Drop a file here");
  const event = createEvent.drop(target);
  Object.defineProperty(event, "dataTransfer", { value: { types: ["Files"], items, files: [] } });
  fireEvent(target, event);
}

const item = (file: File) => ({ kind: "file", type: file.type, getAsFile: () => file });

it("takes a file that is dropped, and one that is chosen", async () => {
  const onFile = show();

  drop([item(fileNamed("train.csv"))]);
  await vi.waitFor(() => expect(onFile).toHaveBeenCalledTimes(1));
  await userEvent.upload(screen.getByLabelText("Dataset file"), fileNamed("train.csv"));

  await vi.waitFor(() => expect(onFile).toHaveBeenCalledTimes(2));
  expect((onFile.mock.calls[0]?.[0] as File).name).toBe("train.csv");
});

it("asks for one file when several, or a folder of several, are dropped", async () => {
  const onFile = show();
  const entryOf = (name: string) => ({
    isFile: true,
    fullPath: `/images/${name}`,
    file: (give: (file: File) => void) => give(fileNamed(name)),
  });
  let isRead = false;
  const reader = {
    readEntries: (give: (entries: unknown[]) => void) => {
      const entries = isRead ? [] : [entryOf("1.png"), entryOf("2.png")];
      isRead = true;
      give(entries);
    },
  };
  const folder = { isDirectory: true, createReader: () => reader };

  drop([{ kind: "file", webkitGetAsEntry: () => folder, getAsFile: () => null }]);

  expect(await screen.findByRole("alert")).toHaveTextContent("zip");
  expect(onFile).not.toHaveBeenCalled();
});

it("is opened from the keyboard with one stop", async () => {
  show();
  const click = vi.spyOn(HTMLInputElement.prototype, "click");

  await userEvent.tab();
  expect(screen.getByRole("button", { name: "Choose file" })).toHaveFocus();
  await userEvent.keyboard("{Enter}");

  expect(click).toHaveBeenCalled();
});
