import { Button, SegmentedControl, useMantineColorScheme } from "@mantine/core";
import { useParams } from "react-router";
import { usePreferences, useSavePreferences } from "../api/catalogue";
import { useAbout, useDoctor, useSignOut } from "../api/machine";
import type { ExperienceLevel } from "../api/types";
import { LEVELS } from "../form/schema";
import { StorageTab } from "../storage/StorageTab";
import { FindingList } from "../ui/FindingList";
import { CheckIcon } from "../ui/icons";
import { FactList, Page, Section } from "../ui/Page";
import { Answer, EmptyState, LoadingRows } from "../ui/states";
import { TabBar } from "../ui/TabBar";
import classes from "./settings.module.css";

const TABS = [
  { id: "appearance", title: "Appearance" },
  { id: "storage", title: "Storage" },
  { id: "check", title: "System check" },
  { id: "about", title: "About" },
];

export function SettingsPage() {
  const { section = "appearance" } = useParams();
  return (
    <Page
      title="Settings"
      documentTitle={`Settings, ${(TABS.find((tab) => tab.id === section)?.title ?? "").toLowerCase()}`}
    >
      <TabBar tabs={TABS} base="/settings" label="Settings" />
      {section === "appearance" && <Appearance />}
      {section === "storage" && <StorageTab />}
      {section === "check" && <SystemCheck />}
      {section === "about" && <AboutStudio />}
    </Page>
  );
}

function Appearance() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const level = usePreferences().data?.level ?? "novice";
  const save = useSavePreferences();
  return (
    <div className={classes.rows}>
      <Row title="Theme" text="System follows the setting of your computer.">
        <SegmentedControl
          aria-label="Theme"
          value={colorScheme}
          onChange={(value) => setColorScheme(value as typeof colorScheme)}
          data={[
            { value: "auto", label: "System" },
            { value: "light", label: "Light" },
            { value: "dark", label: "Dark" },
          ]}
        />
      </Row>
      <Row
        title="Experience level"
        text="How many settings the form shows at first. Every level includes the ones before it."
      >
        <SegmentedControl
          aria-label="Experience level"
          value={level}
          onChange={(value) => save.mutate({ level: value as ExperienceLevel })}
          data={LEVELS.map((one) => ({ value: one, label: one.charAt(0).toUpperCase() + one.slice(1) }))}
        />
      </Row>
      <Row
        title="This browser"
        text="Signing in again needs a new launch address: run studio link where the server runs."
      >
        <SignOut />
      </Row>
    </div>
  );
}

function SignOut() {
  const out = useSignOut();
  return (
    <Button
      variant="default"
      loading={out.isPending}
      onClick={() => out.mutate(undefined, { onSuccess: () => window.location.reload() })}
    >
      Sign out
    </Button>
  );
}

function Row({ title, text, children }: { title: string; text: string; children: React.ReactNode }) {
  return (
    <div className={classes.row}>
      <div>
        <h2>{title}</h2>
        <p className="small muted">{text}</p>
      </div>
      <div>{children}</div>
    </div>
  );
}

function SystemCheck() {
  const doctor = useDoctor();
  return (
    <Answer
      query={doctor}
      what="The system check"
      loading={
        <div>
          <p className="muted">Checking Python, libraries, devices, disk and hub.</p>
          <LoadingRows rows={4} />
        </div>
      }
    >
      {(data) =>
        data.findings.length === 0 ? (
          <EmptyState icon={<CheckIcon />} title="No problems found">
            Python, libraries, devices and disk meet the requirements.
          </EmptyState>
        ) : (
          <div className={classes.narrow}>
            <FindingList findings={data.findings} />
          </div>
        )
      }
    </Answer>
  );
}

function AboutStudio() {
  const about = useAbout();
  return (
    <Answer query={about} what="This page">
      {(data) => (
        <div className="column" style={{ gap: 28 }}>
          <div className={classes.narrow}>
            <FactList
              facts={[
                { label: "Deepstudio", value: data.version },
                { label: "Page built for", value: __STUDIO_VERSION__ },
                { label: "Python", value: data.python },
              ]}
            />
          </div>
          <Section
            title="Licences"
            actions={
              <a href="/licenses.txt" target="_blank" rel="noreferrer">
                Licences of this page’s packages
              </a>
            }
          >
            <ul className={classes.licenses}>
              {data.licenses.map((one) => (
                <li key={one.name}>
                  <span className="clip">
                    {one.name} <span className="muted number">{one.version}</span>
                  </span>
                  <span className="small muted clip">{one.license}</span>
                </li>
              ))}
            </ul>
          </Section>
        </div>
      )}
    </Answer>
  );
}
