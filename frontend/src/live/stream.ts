import { useEffect, useSyncExternalStore } from "react";
import { type ConnectionState, type HubMessage, StreamHub } from "./hub";
import type { TabMessage } from "./worker";

export type StreamListener = { onEvent?: (name: string, data: unknown) => void; onCovered?: () => void };

const ALIVE_EVERY_MS = 20_000;

/** This tab's end of the stream: counts who wants which topic and passes events on. */
export class Stream {
  private readonly wanted = new Map<StreamListener, string[]>();
  private readonly watchers = new Set<() => void>();
  private state: ConnectionState = "connecting";
  private link: { topics: (topics: string[]) => void; bye: () => void } | null = null;

  subscribe(topics: string[], listener: StreamListener): () => void {
    this.wanted.set(listener, topics);
    this.ask();
    return () => {
      this.wanted.delete(listener);
      this.ask();
    };
  }

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  connection = (): ConnectionState => this.state;

  private ask(): void {
    this.link ??= typeof SharedWorker === "undefined" ? this.direct() : this.shared();
    this.link.topics([...new Set([...this.wanted.values()].flat())]);
  }

  private receive = (message: HubMessage): void => {
    if (message.kind === "state") {
      this.state = message.state;
      for (const watcher of this.watchers) watcher();
      return;
    }
    for (const [listener, topics] of [...this.wanted]) {
      if (message.kind === "event") listener.onEvent?.(message.name, message.data);
      else if (topics.every((topic) => message.topics.includes(topic))) listener.onCovered?.();
    }
  };

  private shared() {
    const worker = new SharedWorker(new URL("./worker.ts", import.meta.url), {
      type: "module",
      name: `studio-${__STUDIO_VERSION__}`,
    });
    const send = (message: TabMessage) => worker.port.postMessage(message);
    worker.port.onmessage = (event: MessageEvent<HubMessage>) => this.receive(event.data);
    worker.port.start();
    setInterval(() => send({ kind: "alive" }), ALIVE_EVERY_MS);
    window.addEventListener("pagehide", () => send({ kind: "bye" }));
    window.addEventListener("pageshow", (event) => event.persisted && this.ask());
    return { topics: (topics: string[]) => send({ kind: "topics", topics }), bye: () => send({ kind: "bye" }) };
  }

  /** Without shared workers every tab has its own connection, and gives it up while hidden. */
  private direct() {
    const hub = new StreamHub();
    const bye = () => hub.forget(this);
    document.addEventListener("visibilitychange", () => (document.hidden ? bye() : this.ask()));
    return { topics: (topics: string[]) => hub.want(this, topics, this.receive), bye };
  }
}

export const stream = new Stream();

export function useConnection(): ConnectionState {
  return useSyncExternalStore(stream.watch, stream.connection);
}

/** Keeps topics on the stream while the component is shown. `listener` must not change on every render. */
export function useTopics(topics: string, listener: StreamListener): void {
  useEffect(() => (topics === "" ? undefined : stream.subscribe(topics.split(","), listener)), [topics, listener]);
}
