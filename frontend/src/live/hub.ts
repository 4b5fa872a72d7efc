/** One EventSource for many listeners. Runs in the shared worker, or in the page where there is none. */

export type ConnectionState = "connecting" | "live" | "lost";
export type HubMessage =
  | { kind: "state"; state: ConnectionState }
  | { kind: "covered"; topics: string[] }
  | { kind: "event"; name: string; data: unknown };

const EVENT_NAMES = [
  "snapshot",
  "points",
  "run",
  "experiment",
  "dataset",
  "prediction",
  "queue",
  "log",
  "insight",
  "gone",
  "end",
];
const SETTLE_MS = 40;
const SLOWEST_RETRY_MS = 8_000;

type Listener = { topics: string[]; send: (message: HubMessage) => void };

export class StreamHub {
  private readonly listeners = new Map<unknown, Listener>();
  private source: EventSource | null = null;
  private open: string[] = [];
  private state: ConnectionState = "connecting";
  private lastId = "";
  private failures = 0;
  private settle: ReturnType<typeof setTimeout> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;

  /** What a listener wants to hear of from now on. It is told when the stream covers it. */
  want(key: unknown, topics: string[], send: (message: HubMessage) => void): void {
    this.listeners.set(key, { topics, send });
    send({ kind: "state", state: this.state });
    if (this.state === "live" && topics.every((topic) => this.open.includes(topic))) send({ kind: "covered", topics });
    else this.plan();
  }

  forget(key: unknown): void {
    this.listeners.delete(key);
    if (this.listeners.size === 0) this.close();
  }

  private plan(): void {
    clearTimeout(this.settle);
    this.settle = setTimeout(() => this.connect(), SETTLE_MS);
  }

  private connect(): void {
    const topics = [...new Set([...this.listeners.values()].flatMap((one) => one.topics))].sort();
    this.close();
    if (topics.length === 0) return;
    this.open = topics;
    const search = new URLSearchParams({ topics: topics.join(",") });
    if (this.lastId) search.set("last_event_id", this.lastId);
    const source = new EventSource(`/api/events?${search}`);
    this.source = source;
    source.onopen = () => {
      this.failures = 0;
      this.change("live");
      this.tell({ kind: "covered", topics });
    };
    source.onerror = () => this.failed(source);
    for (const name of EVENT_NAMES)
      source.addEventListener(name, (event) => this.pass(name, event as MessageEvent<string>));
  }

  private pass(name: string, event: MessageEvent<string>): void {
    if (event.lastEventId) this.lastId = event.lastEventId;
    this.tell({ kind: "event", name, data: JSON.parse(event.data) });
  }

  /** The browser tries again by itself after a broken connection, but not after an error answer. */
  private failed(source: EventSource): void {
    this.failures += 1;
    this.change("lost");
    source.close();
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.connect(), Math.min(500 * 2 ** Math.min(this.failures, 4), SLOWEST_RETRY_MS));
  }

  private close(): void {
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
    this.open = [];
  }

  private change(state: ConnectionState): void {
    if (state === this.state) return;
    this.state = state;
    this.tell({ kind: "state", state });
  }

  private tell(message: HubMessage): void {
    for (const listener of this.listeners.values()) listener.send(message);
  }
}
