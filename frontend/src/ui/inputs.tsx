import { MultiSelect, type MultiSelectProps, Select, type SelectProps } from "@mantine/core";

// Mantine keeps closed dropdowns in the page by default: a thousand nodes on the settings form, and labels found twice.
const COMBOBOX = { keepMounted: false, transitionProps: { duration: 0 }, shadow: "md" } as const;
const MANY = 12;

export function SelectInput(props: SelectProps) {
  const isLong = (props.data?.length ?? 0) > MANY;
  return (
    <Select
      allowDeselect={false}
      searchable={isLong}
      limit={isLong ? 50 : undefined}
      comboboxProps={COMBOBOX}
      maxDropdownHeight={320}
      {...props}
    />
  );
}

/** Always searchable: otherwise its real input is hidden from assistive tools. */
export function MultiSelectInput(props: MultiSelectProps) {
  return (
    <MultiSelect searchable limit={50} hidePickedOptions comboboxProps={COMBOBOX} maxDropdownHeight={320} {...props} />
  );
}
