/// <reference lib="webworker" />
import { StreamHub } from "./hub";

/** Shared by all tabs of a browser: browsers allow six connections to a server, and every stream takes one. */

declare const self: SharedWorkerGlobalScope;
export type TabMessage = { kind: "topics"; topics: string[] } | { kind: "alive" } | { kind: "bye" };

// Timers of hidden tabs run once a minute at least, so a silent tab is gone.
const GONE_AFTER_MS = 150_000;
const hub = new StreamHub();
const heard = new Map<MessagePort, number>();

self.onconnect = (connection) => {
  const port = connection.ports[0];
  if (port === undefined) return;
  heard.set(port, Date.now());
  port.onmessage = (event: MessageEvent<TabMessage>) => {
    heard.set(port, Date.now());
    if (event.data.kind === "topics") hub.want(port, event.data.topics, (message) => port.postMessage(message));
    if (event.data.kind === "bye") drop(port);
  };
  port.start();
};

setInterval(() => {
  for (const [port, time] of heard) if (Date.now() - time > GONE_AFTER_MS) drop(port);
}, 30_000);

function drop(port: MessagePort): void {
  heard.delete(port);
  hub.forget(port);
}
