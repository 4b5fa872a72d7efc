import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import type { SampleView } from "../../api/types";
import { errorWords, TRANSCRIPT } from "./transcript";

const WORDS = [
  { text: "re", match: "correct", reference: "", start: 0.1, end: 0.2 },
  { text: "fa", match: "substituted", reference: "la", start: 0.3, end: 0.4 },
  { text: "", match: "deleted", reference: "mi", start: null, end: null },
  { text: "so", match: "inserted", reference: "", start: 0.9, end: 1.1 },
] as const;

function sampleOf(words: readonly object[]): SampleView {
  const prediction = { kind: "transcript", text: "re fa so", words, shown_seconds: null };
  const truth = { kind: "text", text: "re la mi", marks: [] };
  return { row: 1, title: "a.wav", scores: { WER: 1 }, truth, prediction, texts: [] } as unknown as SampleView;
}

function show(words: readonly object[], seconds = 0) {
  const onHear = vi.fn();
  const { Heard } = TRANSCRIPT;
  if (Heard === undefined) throw new Error("A transcript is heard.");
  render(
    <MantineProvider>
      <Heard sample={sampleOf(words)} seconds={seconds} onHear={onHear} />
    </MantineProvider>,
  );
  return onHear;
}

describe("a transcript", () => {
  it("says every error in words, so that colour is not needed", () => {
    show(WORDS);

    expect(screen.getByRole("region", { name: "Transcript" })).toHaveTextContent(
      "re fain place of la missing: mi +extra: so",
    );
    expect(errorWords([...WORDS])).toBe("1 wrong word, 1 extra word, 1 missing word");
    expect(errorWords([WORDS[0]])).toBe("No word is wrong.");
  });

  it("plays a clicked word with a little around it, and no word that has no place", async () => {
    const onHear = show(WORDS, 0.35);

    const buttons = screen.getAllByRole("button");
    expect(buttons).toHaveLength(3);
    expect(buttons[1]).toHaveAttribute("data-now");
    await userEvent.click(buttons[0] as HTMLElement);
    const [from, to] = onHear.mock.calls[0] as [number, number];
    expect(from).toBeCloseTo(0.05);
    expect(to).toBeCloseTo(0.25);
  });

  it("has words to read alone where the model does not tell when they are said", () => {
    show(WORDS.map((word) => ({ ...word, start: null, end: null })));

    expect(screen.queryByRole("button")).toBeNull();
    expect(screen.queryByText("Click a word to hear it.")).toBeNull();
  });
});
