import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { useDialogShortcuts, useShortcuts } from "./keys";

function Page({ onKey }: { onKey: () => void }) {
  useShortcuts({ p: onKey });
  return <button type="button">Page</button>;
}

function Dialog({ onKey }: { onKey: () => void }) {
  useDialogShortcuts({ p: onKey });
  return <div role="dialog">Dialog</div>;
}

test("keys of the page rest while a dialog is open, and those of the dialog are heard wherever the focus is", async () => {
  const page = vi.fn();
  const dialog = vi.fn();
  const { rerender } = render(<Page onKey={page} />);

  await userEvent.keyboard("p");
  rerender(
    <>
      <Page onKey={page} />
      <Dialog onKey={dialog} />
    </>,
  );
  await userEvent.keyboard("p");

  expect(page).toHaveBeenCalledTimes(1);
  expect(dialog).toHaveBeenCalledTimes(1);
});
