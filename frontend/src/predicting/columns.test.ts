import { describe, expect, it } from "vitest";
import { ApiError } from "../api/client";
import type { ColumnOffer } from "../api/types";
import { hasColumns, offerOf, sentColumns, startingColumns } from "./columns";

const offer: ColumnOffer = {
  table: "mine.csv",
  columns: ["comment", "kind"],
  roles: [
    { role: "text_column", trained: ["text"], suggested: ["comment"], is_required: true },
    { role: "label_columns", trained: ["label"], suggested: [], is_required: false },
  ],
};
const problem = { code: "columns", message: "mine.csv has no column.", hint: "" };

describe("columns of a table to predict", () => {
  it("are offered by a refusal for missing columns, and by no other error", () => {
    expect(offerOf(new ApiError(422, problem, [], { error: problem, columns: offer }))).toBe(offer);
    expect(offerOf(new ApiError(422, problem, [], { error: problem }))).toBeNull();
    expect(offerOf(new Error("gone"))).toBeNull();
  });

  it("begin with what is likely, and are complete once each input has one", () => {
    const columns = startingColumns(offer);

    expect(hasColumns(offer, columns)).toBe(true);
    expect(hasColumns(offer, { ...columns, text_column: [] })).toBe(false);
    expect(sentColumns(columns)).toEqual({ text_column: ["comment"] });
  });
});
