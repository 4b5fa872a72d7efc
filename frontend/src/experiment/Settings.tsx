import { Button, Switch } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { useSettingsYaml } from "../api/catalogue";
import type { Experiment, ExperimentSettings, Setting } from "../api/types";
import { showValue } from "../form/schema";
import type { FormStore } from "../form/store";
import { CopyIcon, DownloadIcon } from "../ui/icons";
import { notify } from "../ui/notices";
import { Section } from "../ui/Page";
import { Answer, LoadingRows } from "../ui/states";
import { useAskedSettings } from "./asked-settings";
import classes from "./experiment.module.css";

/** Every value the experiment was asked for, with what differs from the start values marked. */
export function Settings({ experiment }: { experiment: Experiment }) {
  const { form, settings, document } = useAskedSettings(experiment);
  return (
    <Answer query={settings} what="The settings" loading={<LoadingRows rows={10} height={28} />}>
      {(data) => (
        <Answer query={document} what="The settings’ names" loading={<LoadingRows rows={10} height={28} />}>
          {() => form && <SettingsView experiment={experiment} data={data} form={form} />}
        </Answer>
      )}
    </Answer>
  );
}

type SettingsViewProps = { experiment: Experiment; data: ExperimentSettings; form: FormStore };

function SettingsView({ experiment, data, form }: SettingsViewProps) {
  const [onlyChanged, setOnlyChanged] = useState(false);
  const yaml = useSettingsYaml();
  const changed = new Set(form.changedKeys());
  const copy = () =>
    yaml.mutate(data, {
      onSuccess: (answer) =>
        void navigator.clipboard.writeText(answer.yaml).then(() => notify("Copied the settings as YAML")),
    });
  const isShown = ({ key }: Setting) => key in data.settings && (!onlyChanged || changed.has(key));
  return (
    <div className="column" style={{ gap: 20 }}>
      <div className="row-wrap">
        <Button
          component={Link}
          to={`/experiments/new?from=${experiment.id}${experiment.dataset ? `&dataset=${experiment.dataset.id}` : ""}`}
        >
          Start again with these
        </Button>
        <Button variant="default" leftSection={<CopyIcon size={16} />} onClick={copy} loading={yaml.isPending}>
          Copy as YAML
        </Button>
        <Button
          variant="default"
          component="a"
          href={`/api/experiments/${experiment.id}/yaml`}
          download
          leftSection={<DownloadIcon size={16} />}
        >
          Download YAML
        </Button>
        <Switch
          label={`Only changed (${changed.size})`}
          withThumbIndicator={false}
          checked={onlyChanged}
          onChange={(event) => setOnlyChanged(event.currentTarget.checked)}
        />
      </div>
      <div className={classes.settingGroups}>
        {form.document.sections.map((section) => {
          const rows = [...form.settings.values()].filter((one) => one.section === section.id && isShown(one));
          return (
            rows.length > 0 && (
              <Section key={section.id} title={section.title}>
                <ul className={classes.changeTable}>
                  {rows.map((setting) => (
                    <SettingLine key={setting.key} setting={setting} form={form} isChanged={changed.has(setting.key)} />
                  ))}
                </ul>
              </Section>
            )
          );
        })}
      </div>
    </div>
  );
}

function SettingLine({ setting, form, isChanged }: { setting: Setting; form: FormStore; isChanged: boolean }) {
  const { values, grid } = form.current();
  const several = grid[setting.key]?.values ?? [values[setting.key] ?? null];
  const words = several.map((one) => showValue(setting, one)).join(" · ");
  return (
    <li data-changed={isChanged || undefined}>
      <span title={setting.key}>{setting.label}</span>
      <span className="number">{isChanged ? <strong>{words}</strong> : words}</span>
    </li>
  );
}
