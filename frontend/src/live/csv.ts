/** What could act as a formula in a spreadsheet; the same rules as `studio/results/spreadsheet.py`. */
const FORMULA = /^(?:[\s\ufeff\u200b\0]*[=+\-@＝＋－﹣−＠]|[\t\r\n])/;
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?%?$/;

/** One cell of a CSV file: no text is run as a formula, and quotes stand where they are needed. */
export function csvCell(value: string | number | null): string {
  if (value === null || typeof value === "number") return `${value ?? ""}`;
  const guarded = FORMULA.test(value) && !NUMBER.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

/** Rows as the text of a CSV file. */
export function csvText(rows: (string | number | null)[][]): string {
  return rows.map((row) => row.map(csvCell).join(",")).join("\n") + "\n";
}
