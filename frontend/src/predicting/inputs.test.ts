import { describe, expect, it } from "vitest";
import type { ProblemType } from "../api/types";
import { cellOf, fileColumnOf, inputsOf, isComplete, rowsOf, wordsOf } from "./inputs";

function typeOf(...roles: Partial<ProblemType["roles"][number]>[]): ProblemType {
  const whole = { kinds: ["text"], is_many: false, is_required: true, in_test: true, hint: "" };
  return { media_role: null, roles: roles.map((role) => ({ ...whole, ...role })) } as ProblemType;
}

const QUESTIONS = typeOf(
  { name: "question_column", title: "Question column" },
  { name: "context_column", title: "Context column" },
  { name: "answer_column", title: "Answer column", in_test: false },
);

describe("what is typed to ask a model", () => {
  it("is one text a column of the inputs, and no label", () => {
    const inputs = inputsOf(QUESTIONS, { "dataset.question_column": "q", "dataset.context_column": "c" });

    expect(inputs.map((input) => [input.column, input.title])).toEqual([
      ["q", "Question"],
      ["c", "Context"],
    ]);
  });

  it("is one text each where several columns are joined", () => {
    const type = typeOf({ name: "text_column", title: "Text column", is_many: true });

    const inputs = inputsOf(type, { "dataset.text_column": ["subject", "body"] });

    expect(inputs.map((input) => input.title)).toEqual(["subject", "body"]);
    expect(rowsOf(inputs, { subject: "Hello" }, false)).toEqual([{ subject: "Hello", body: "" }]);
  });

  it("leaves out the column of files, which are chosen and not typed", async () => {
    const roles = [
      { name: "image_column", title: "Image column" },
      { name: "text_column", title: "Text column", is_many: true },
    ];
    const type = { ...typeOf(...roles), media_role: "image_column" };
    const settings = { "dataset.image_column": "photo", "dataset.text_column": ["caption"] };

    expect(inputsOf(type, settings).map((input) => input.column)).toEqual(["caption"]);
    expect(fileColumnOf(type, settings)).toBe("photo");
    expect(fileColumnOf(QUESTIONS, settings)).toBeNull();
    expect(await cellOf(new File(["ab"], "a.png", { type: "image/png" }))).toBe("data:image/png;base64,YWI=");
  });

  it("can be many texts, one a line", () => {
    const inputs = inputsOf(typeOf({ name: "text_column", title: "Text column" }), { "dataset.text_column": "text" });

    expect(rowsOf(inputs, { text: "one\n\n two \r\n" }, true)).toEqual([{ text: "one" }, { text: " two " }]);
  });

  it("is complete when something is typed", () => {
    const inputs = inputsOf(QUESTIONS, { "dataset.question_column": "q", "dataset.context_column": "c" });

    expect(isComplete(inputs, { q: "  " })).toBe(false);
    expect(isComplete(inputs, { q: "Who?", c: "Me." })).toBe(true);
  });
});

describe("words of a text", () => {
  it("are told apart as in tagged datasets, in any script", () => {
    expect(wordsOf("Don't go to São-Paulo, it's 3.5 km!")).toEqual([
      "Don't",
      "go",
      "to",
      "São-Paulo",
      ",",
      "it's",
      "3.5",
      "km",
      "!",
    ]);
    expect(wordsOf("@user #tag (Отто)")).toEqual(["@user", "#tag", "(", "Отто", ")"]);
    expect(wordsOf("  ")).toEqual([]);
  });
});
