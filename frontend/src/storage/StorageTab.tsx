import { Button } from "@mantine/core";
import { Link } from "react-router";
import { useAbout, useCleanUp, useMachine, useStorage } from "../api/machine";
import type { CleanUp, StorageUse } from "../api/types";
import { formatBytes, plural } from "../ui/format";
import { FactList, Section } from "../ui/Page";
import { Answer, ErrorPanel } from "../ui/states";
import classes from "../pages/settings.module.css";

const SHOWN = 20;

/** Where the data is, what takes room, and what can go. */
export function StorageTab() {
  const storage = useStorage();
  return (
    <div className={classes.narrow}>
      <div className="column" style={{ gap: 28 }}>
        <Place />
        <Answer query={storage} what="The use of the disk">
          {(use) => (
            <>
              <Section title="Used by this studio">
                <FactList
                  facts={[
                    { label: "Total", value: formatBytes(use.total_bytes) },
                    { label: "Datasets", value: formatBytes(use.datasets_bytes) },
                    { label: "Experiments", value: formatBytes(use.experiments_bytes) },
                    { label: "Predictions", value: formatBytes(use.predictions_bytes) },
                  ]}
                />
              </Section>
              <Section title="Clean-up">
                <FreeSpace use={use} />
              </Section>
              {use.experiments.length > 0 && (
                <Section title="Largest experiments">
                  <FactList
                    facts={use.experiments.slice(0, SHOWN).map(({ experiment, size_bytes }) => ({
                      label: experiment.name,
                      value: <Link to={`/experiments/${experiment.id}`}>{formatBytes(size_bytes)}</Link>,
                    }))}
                  />
                </Section>
              )}
            </>
          )}
        </Answer>
      </div>
    </div>
  );
}

function Place() {
  const about = useAbout();
  return (
    <Answer query={useMachine()} what="The storage">
      {(data) => (
        <div>
          <FactList
            facts={[
              { label: "Data folder", value: <span className="mono">{about.data?.home ?? "…"}</span> },
              {
                label: "Free disk space",
                value: `${formatBytes(data.disk_free_bytes)} of ${formatBytes(data.disk_bytes)}`,
              },
              { label: "Packaged pretrained weights", value: data.weights.packaged.join(", ") || "none" },
              { label: "Cached pretrained weights", value: data.weights.cached.join(", ") || "none" },
            ]}
          />
          <p className="small muted" style={{ marginTop: 12 }}>
            Datasets, experiments and predictions are deleted on their own pages. The data folder can be moved while the
            studio is stopped.
          </p>
        </div>
      )}
    </Answer>
  );
}

function FreeSpace({ use }: { use: StorageUse }) {
  const clean = useCleanUp();
  return (
    <div className="column" style={{ gap: 12 }}>
      <p>
        {use.freeable_bytes > 0
          ? `Optimizer states of ${plural(use.freeable_runs, "finished run")} take ${formatBytes(use.freeable_bytes)}. Models and predictions do not need them.`
          : "Nothing to clean up: finished runs keep no optimizer states."}
      </p>
      {use.freeable_bytes > 0 && (
        <div>
          <Button variant="default" loading={clean.isPending} onClick={() => clean.mutate()}>
            Free {formatBytes(use.freeable_bytes)}
          </Button>
        </div>
      )}
      {clean.data && <p role="status">{told(clean.data)}</p>}
      {clean.error && <ErrorPanel title="The clean-up failed." error={clean.error} />}
    </div>
  );
}

function told({ freed_bytes, files, runs }: CleanUp): string {
  return `Removed ${plural(files, "optimizer state")} of ${plural(runs, "run")}: ${formatBytes(freed_bytes)} freed.`;
}
