import type { ProblemType, SettingValues } from "../api/types";

/** One column that a model needs of a row. */
export type RowInput = {
  column: string;
  title: string;
  isRequired: boolean;
  /** Whether the column holds lists of words. */
  isWords: boolean;
  /** Whether what is typed is likely long: the last of several inputs. */
  isLong: boolean;
};
export type Row = Record<string, string | string[]>;

/** What a person types to ask a model: a text for every column of the roles that new rows have, but that of files. */
export function inputsOf(type: ProblemType, settings: SettingValues): RowInput[] {
  const inputs = type.roles
    .filter((role) => role.in_test && role.name !== type.media_role)
    .flatMap((role) => {
      const value = settings[`dataset.${role.name}`];
      const columns = (Array.isArray(value) ? value : [value]).filter((one) => typeof one === "string" && one !== "");
      const title = role.title.replace(/ columns?$/i, "");
      return columns.map((column) => ({
        column: String(column),
        title: columns.length > 1 ? String(column) : title,
        isRequired: role.is_required,
        isWords: role.kinds[0] === "list",
        isLong: false,
      }));
    });
  return inputs.map((input, i) => ({ ...input, isLong: inputs.length > 1 && i === inputs.length - 1 }));
}

/** Whether a model needs cells of a row, and not its file alone. */
export function needsRow(type: ProblemType): boolean {
  return type.roles.some((role) => role.in_test && role.is_required && role.name !== type.media_role);
}

/** The column whose cells name files; null where rows have none. */
export function fileColumnOf(type: ProblemType, settings: SettingValues): string | null {
  const column = type.media_role === null ? null : settings[`dataset.${type.media_role}`];
  return typeof column === "string" ? column : null;
}

/** A file as the cell of a row: a data URL with its bytes in Base64. */
export function cellOf(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new Error("The file cannot be read. Choose it again."));
    reader.readAsDataURL(file);
  });
}

/** Several columns make one input together, so one of them is enough; an only one must be filled. */
export function isComplete(inputs: readonly RowInput[], values: Readonly<Record<string, string>>): boolean {
  return inputs.some((input) => (values[input.column] ?? "").trim() !== "");
}

/** The rows that were typed: one, or one a line. */
export function rowsOf(
  inputs: readonly RowInput[],
  values: Readonly<Record<string, string>>,
  isByLine: boolean,
): Row[] {
  const [only] = inputs;
  if (isByLine && only)
    return (values[only.column] ?? "")
      .split(/\r?\n/)
      .filter((line) => line.trim() !== "")
      .map((line) => ({ [only.column]: cell(only, line) }));
  return [Object.fromEntries(inputs.map((input) => [input.column, cell(input, values[input.column] ?? "")]))];
}

function cell(input: RowInput, text: string): string | string[] {
  return input.isWords ? wordsOf(text) : text;
}

/** Words with their inner marks (don't, 3.5, e-mail), and every other mark alone, as tagged datasets have them. */
export function wordsOf(text: string): string[] {
  return text.match(/[@#]?[\p{L}\p{M}\p{N}_]+(?:[.,'’&/-][\p{L}\p{M}\p{N}_]+)*|\S/gu) ?? [];
}
