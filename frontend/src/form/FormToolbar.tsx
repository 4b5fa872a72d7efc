import { SegmentedControl, Switch, TextInput } from "@mantine/core";
import { type RefObject } from "react";
import type { ExperienceLevel } from "../api/types";
import { SearchIcon } from "../ui/icons";
import type { FormView } from "./SettingsForm";
import { LEVELS } from "./schema";
import classes from "./form-page.module.css";

const TITLES: Record<ExperienceLevel, string> = {
  novice: "Novice",
  skilled: "Skilled",
  expert: "Expert",
  master: "Master",
};

type FormToolbarProps = {
  view: FormView;
  onChange: (change: Partial<FormView>) => void;
  searchRef: RefObject<HTMLInputElement | null>;
};

export function FormToolbar({ view, onChange, searchRef }: FormToolbarProps) {
  return (
    <div className={classes.toolbar} role="toolbar" aria-label="Which settings are shown">
      <TextInput
        ref={searchRef}
        className={classes.find}
        aria-label="Find a setting"
        placeholder="Find a setting"
        leftSection={<SearchIcon size={16} />}
        value={view.search}
        onChange={(event) => onChange({ search: event.currentTarget.value })}
        onKeyDown={(event) => event.key === "Escape" && onChange({ search: "" })}
      />
      <SegmentedControl
        aria-label="Experience level"
        size="sm"
        value={view.level}
        onChange={(level) => onChange({ level: level as ExperienceLevel })}
        data={LEVELS.map((level) => ({ value: level, label: TITLES[level] }))}
      />
      <Switch
        label="Only changed"
        checked={view.onlyChanged}
        onChange={(event) => onChange({ onlyChanged: event.currentTarget.checked })}
        withThumbIndicator={false}
      />
    </div>
  );
}
