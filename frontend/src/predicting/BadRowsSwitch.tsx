import { Switch } from "@mantine/core";

type BadRowsSwitchProps = { isRefused: boolean; onRefused: (isRefused: boolean) => void };

/** What becomes of rows that cannot be predicted: left without a prediction and listed, or all of it refused. */
export function BadRowsSwitch({ isRefused, onRefused }: BadRowsSwitchProps) {
  return (
    <Switch
      withThumbIndicator={false}
      label="Refuse files with rows that cannot be predicted"
      description="Otherwise these rows get no prediction and are listed with the result."
      checked={isRefused}
      onChange={(event) => onRefused(event.currentTarget.checked)}
    />
  );
}
