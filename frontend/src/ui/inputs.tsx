import {
  type ComboboxParsedItem,
  defaultOptionsFilter,
  MultiSelect,
  type MultiSelectProps,
  type OptionsFilter,
  Select,
  type SelectProps,
} from "@mantine/core";
import { formatCount } from "./format";

// Mantine keeps closed dropdowns in the page by default: a thousand nodes on the settings form, and labels found twice.
const COMBOBOX = { keepMounted: false, transitionProps: { duration: 0 }, shadow: "md" } as const;
const MANY = 12;
const MOST_SHOWN = 50;

export function SelectInput(props: SelectProps) {
  const isLong = (props.data?.length ?? 0) > MANY;
  return (
    <Select
      allowDeselect={false}
      searchable={isLong}
      filter={firstOptions}
      comboboxProps={COMBOBOX}
      maxDropdownHeight={320}
      {...props}
    />
  );
}

/** Always searchable: otherwise its real input is hidden from assistive tools. */
export function MultiSelectInput(props: MultiSelectProps) {
  return (
    <MultiSelect
      searchable
      filter={firstOptions}
      hidePickedOptions
      comboboxProps={COMBOBOX}
      maxDropdownHeight={320}
      {...props}
    />
  );
}

/** The first options that match, and how many more there are: a list that was cut says so. */
const firstOptions: OptionsFilter = ({ options, search }) => {
  const found = defaultOptionsFilter({ options, search, limit: Infinity }) as ComboboxParsedItem[];
  return withRest(found.slice(0, MOST_SHOWN), found.length - MOST_SHOWN);
};

/** Options with a last line that tells of `more` others, and cannot be chosen. */
export function withRest(shown: ComboboxParsedItem[], more: number): ComboboxParsedItem[] {
  if (more <= 0) return shown;
  return [...shown, { value: "\u0000more", label: `${formatCount(more)} more: type to search`, disabled: true }];
}
