import { Button } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { useExperimentSettings } from "../api/experiments";
import { useSettingsDocument, useSettingsYaml } from "../api/catalogue";
import type { Experiment, ExperimentSettings, Setting } from "../api/types";
import { isSame, showValue } from "../form/schema";
import { notify } from "../ui/notices";
import { CopyIcon, DownloadIcon } from "../ui/icons";
import { Answer, LoadingRows } from "../ui/states";
import { Section } from "../ui/Page";
import { Switch } from "@mantine/core";
import classes from "./experiment.module.css";

/** Every value the experiment was asked for, with what differs from the default marked. */
export function Settings({ experiment }: { experiment: Experiment }) {
  const settings = useExperimentSettings(experiment.id);
  return (
    <Answer query={settings} what="The settings" loading={<LoadingRows rows={10} height={28} />}>
      {(data) => <SettingsView experiment={experiment} data={data} />}
    </Answer>
  );
}

function SettingsView({ experiment, data }: { experiment: Experiment; data: ExperimentSettings }) {
  const document = useSettingsDocument(data.problem_type, data.model_type, experiment.dataset?.id ?? null);
  const [onlyChanged, setOnlyChanged] = useState(false);
  const yaml = useSettingsYaml();
  const changed = new Set(data.changes.map((change) => change.key));
  const copy = () =>
    yaml.mutate(data, {
      onSuccess: (answer) =>
        void navigator.clipboard.writeText(answer.yaml).then(() => notify("Copied the settings as YAML")),
    });
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
      <Answer query={document} what="The settings' names">
        {(loaded) => (
          <div className={classes.settingGroups}>
            {loaded.sections.map((section) => {
              const rows = loaded.settings.filter(
                (setting) =>
                  setting.section === section.id &&
                  !setting.fixed &&
                  setting.key in data.settings &&
                  (!onlyChanged || changed.has(setting.key)),
              );
              return (
                rows.length > 0 && (
                  <Section key={section.id} title={section.title}>
                    <ul className={classes.changeTable}>
                      {rows.map((setting) => (
                        <SettingLine key={setting.key} setting={setting} data={data} />
                      ))}
                    </ul>
                  </Section>
                )
              );
            })}
          </div>
        )}
      </Answer>
    </div>
  );
}

function SettingLine({ setting, data }: { setting: Setting; data: ExperimentSettings }) {
  const several = data.grid[setting.key];
  const value = data.settings[setting.key];
  const isChanged = several !== undefined || !isSame(value, setting.default);
  return (
    <li data-changed={isChanged || undefined}>
      <span title={setting.key}>{setting.label}</span>
      <span className="number">
        {isChanged ? (
          <strong>
            {several ? several.map((one) => showValue(setting, one)).join(" · ") : showValue(setting, value)}
          </strong>
        ) : (
          showValue(setting, value)
        )}
      </span>
    </li>
  );
}
