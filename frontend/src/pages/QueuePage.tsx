import { ActionIcon, Tooltip } from "@mantine/core";
import type { KeyboardEvent } from "react";
import { Link } from "react-router";
import { useMachine, useQueue, useReorderQueue } from "../api/machine";
import type { Machine, Queue, WorkKind } from "../api/types";
import { formatBytes, formatDuration, formatPercent, plural } from "../ui/format";
import { QueueIcon } from "../ui/icons";
import { FactList, Page, Section } from "../ui/Page";
import { Answer, EmptyState, LoadingRows } from "../ui/states";
import { ProgressBar, StateLabel } from "../ui/Status";
import classes from "./queue.module.css";

const KINDS: Record<WorkKind, string> = { run: "Training", inspect: "Dataset inspection", predict: "Prediction" };

export function QueuePage() {
  const queue = useQueue();
  const machine = useMachine(3);
  return (
    <Page title="Queue and machine">
      <div className={classes.layout}>
        <div className="column" style={{ gap: 28, minWidth: 0 }}>
          <Answer query={queue} what="The queue" loading={<LoadingRows rows={4} />}>
            {(data) => <QueueView queue={data} />}
          </Answer>
        </div>
        <Answer query={machine} what="The machine" loading={<LoadingRows rows={5} height={28} />}>
          {(data) => <MachineView machine={data} />}
        </Answer>
      </div>
    </Page>
  );
}

function QueueView({ queue }: { queue: Queue }) {
  if (queue.running.length === 0 && queue.waiting.length === 0)
    return (
      <EmptyState icon={<QueueIcon />} title="Nothing is running">
        Experiments, dataset inspections and predictions appear here while they run or wait.
      </EmptyState>
    );
  return (
    <>
      <Section title="Running" hint={queue.running.length === 0 ? "nothing" : undefined}>
        <ul className={classes.list}>
          {queue.running.map((work) => (
            <li key={`${work.kind}-${work.id}`} className={classes.running}>
              <div className="grow">
                <div className="row-wrap">
                  <Link className="strong" to={workLink(work)}>
                    {work.name}
                  </Link>
                  <span className="small muted">{KINDS[work.kind]}</span>
                </div>
                <ProgressBar value={work.progress} label={`Progress of ${work.name}`} />
              </div>
              <dl className={classes.figures}>
                <div>
                  <dt>Done</dt>
                  <dd>{formatPercent(work.progress)}</dd>
                </div>
                <div>
                  <dt>Time left</dt>
                  <dd>{formatDuration(work.seconds_left)}</dd>
                </div>
                <div>
                  <dt>Device</dt>
                  <dd>{work.device || "CPU"}</dd>
                </div>
                <div>
                  <dt>Memory</dt>
                  <dd>{formatBytes(work.memory_bytes)}</dd>
                </div>
              </dl>
            </li>
          ))}
        </ul>
      </Section>
      {queue.waiting.length > 0 && (
        <Section title="Waiting" hint="Alt+Up or Alt+Down moves an entry">
          <WaitingList waiting={queue.waiting} />
        </Section>
      )}
    </>
  );
}

type Work = { kind: WorkKind; id: string; experiment_id: string | null };

function workLink(work: Work): string {
  if (work.kind === "inspect") return `/datasets/${work.id}`;
  return work.kind === "predict"
    ? `/predictions/${work.id}`
    : `/experiments/${work.experiment_id ?? work.id}?run=${work.id}`;
}

function WaitingList({ waiting }: { waiting: Queue["waiting"] }) {
  const reorder = useReorderQueue();
  const move = (index: number, by: number) => {
    const ids = waiting.filter((work) => work.kind === "run").map((work) => work.id);
    const at = ids.indexOf(waiting[index]?.id ?? "");
    const to = at + by;
    if (at < 0 || to < 0 || to >= ids.length) return;
    ids.splice(to, 0, ...ids.splice(at, 1));
    reorder.mutate(ids);
  };
  const steer = (index: number) => (event: KeyboardEvent) => {
    if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    move(index, event.key === "ArrowUp" ? -1 : 1);
  };
  return (
    <ol className={classes.list}>
      {waiting.map((work, i) => (
        <li key={`${work.kind}-${work.id}`} className={classes.waiting} onKeyDown={steer(i)}>
          <span className="number muted">{work.position}</span>
          <div className="grow">
            <Link className="strong" to={workLink(work)}>
              {work.name}
            </Link>
            <p className="small muted">
              {KINDS[work.kind]}. {work.reason}
            </p>
          </div>
          <StateLabel state="queued" />
          {work.kind === "run" && (
            <span className="row" style={{ gap: 2 }}>
              <Tooltip label="Earlier">
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={`Move ${work.name} up`}
                  disabled={i === 0}
                  onClick={() => move(i, -1)}
                >
                  ↑
                </ActionIcon>
              </Tooltip>
              <Tooltip label="Later">
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={`Move ${work.name} down`}
                  disabled={i === waiting.length - 1}
                  onClick={() => move(i, 1)}
                >
                  ↓
                </ActionIcon>
              </Tooltip>
            </span>
          )}
        </li>
      ))}
    </ol>
  );
}

const HUB = { reachable: "reachable", unreachable: "not reachable", unknown: "not checked yet" } as const;
const LAUNCHER = { warm: "ready, starts at once", warming: "warming up", off: "off" } as const;

function MachineView({ machine }: { machine: Machine }) {
  return (
    <section className={classes.machine} aria-label="This machine">
      <h2>This machine</h2>
      <Gauge
        title="CPU"
        value={machine.cpu_percent / 100}
        text={`${Math.round(machine.cpu_percent)} % of ${plural(machine.cores, "core")}`}
      />
      <Gauge
        title="Memory"
        value={1 - machine.memory_free_bytes / machine.memory_bytes}
        text={`${formatBytes(machine.memory_free_bytes)} free of ${formatBytes(machine.memory_bytes)}`}
      />
      <Gauge
        title="Disk"
        value={1 - machine.disk_free_bytes / machine.disk_bytes}
        text={`${formatBytes(machine.disk_free_bytes)} free of ${formatBytes(machine.disk_bytes)}`}
        warning="Nearly full. Deleting datasets or experiments frees space."
      />
      {machine.gpus.map((gpu) => (
        <Gauge
          key={gpu.index}
          title={`GPU ${gpu.index + 1}, ${gpu.name}`}
          value={gpu.used_bytes / gpu.memory_bytes}
          text={`${Math.round(gpu.busy_percent)} % busy, ${formatBytes(gpu.memory_bytes - gpu.used_bytes)} free of ${formatBytes(gpu.memory_bytes)}`}
        />
      ))}
      {machine.gpus.length === 0 && (
        <p className="small muted">No GPU was found. Experiments run on the CPU, about 20 times slower.</p>
      )}
      <FactList
        facts={[
          { label: "Model hub", value: HUB[machine.weights.hub] },
          { label: "Packaged weights", value: machine.weights.packaged.join(", ") || "none" },
          {
            label: "Cached weights",
            value: machine.weights.cached.length > 0 ? machine.weights.cached.join(", ") : "none",
          },
          { label: "Launcher", value: LAUNCHER[machine.launcher] },
        ]}
      />
    </section>
  );
}

function Gauge({ title, value, text, warning }: { title: string; value: number; text: string; warning?: string }) {
  const isHigh = value >= 0.9;
  return (
    <div className="column" style={{ gap: 5 }}>
      <div className="spread small">
        <span className="strong">{title}</span>
        <span className="muted number">{text}</span>
      </div>
      <div
        className={classes.gauge}
        role="meter"
        aria-label={title}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(value * 100)}
        data-high={isHigh || undefined}
      >
        <div style={{ width: `${Math.min(1, Math.max(0, value)) * 100}%` }} />
      </div>
      {isHigh && warning && (
        <p className="tiny" style={{ color: "var(--stopped)" }}>
          {warning}
        </p>
      )}
    </div>
  );
}
