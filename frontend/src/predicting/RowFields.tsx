import { Textarea } from "@mantine/core";
import type { RowInput } from "./inputs";

type RowFieldsProps = {
  inputs: readonly RowInput[];
  values: Readonly<Record<string, string>>;
  onValues: (values: Record<string, string>) => void;
};

/** A field for every text that a person types to ask a model. */
export function RowFields({ inputs, values, onValues }: RowFieldsProps) {
  return inputs.map((input) => (
    <Textarea
      key={input.column}
      label={input.title}
      description={input.isWords ? "Words and punctuation marks are split automatically." : undefined}
      withAsterisk={input.isRequired}
      dir="auto"
      autosize
      minRows={input.isLong ? 5 : 2}
      maxRows={16}
      value={values[input.column] ?? ""}
      onChange={(event) => onValues({ ...values, [input.column]: event.currentTarget.value })}
    />
  ));
}
