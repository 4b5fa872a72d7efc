import { Button, Switch, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import { apiPath } from "../api/client";
import { useEarlierLines, useLog } from "../api/runs";
import type { LogLine, Run } from "../api/types";
import { formatCount } from "../ui/format";
import { DownloadIcon, SearchIcon } from "../ui/icons";
import { SelectInput } from "../ui/inputs";
import { useShortcuts } from "../ui/keys";
import { Answer, ErrorPanel } from "../ui/states";
import classes from "./logs.module.css";

const LEVELS = [
  { value: "all", label: "All levels" },
  { value: "info", label: "Info and up" },
  { value: "warning", label: "Warnings and errors" },
  { value: "error", label: "Errors" },
];

/** The log of a run: follows its end, searches, and pins the first error on top. */
export function Logs({ run }: { run: Run }) {
  const [level, setLevel] = useState("all");
  const [search, setSearch] = useState("");
  const [query] = useDebouncedValue(search, 250);
  const [follows, setFollows] = useState(true);
  const wanted = level === "all" ? "" : level;
  const log = useLog(run.id, wanted, query);
  const earlier = useEarlierLines(run.id, wanted, query);
  const find = useRef<HTMLInputElement>(null);
  useShortcuts({ "/": () => find.current?.focus(), f: () => setFollows(!follows) });
  return (
    <div className="column" style={{ gap: 12 }}>
      <div className={classes.bar}>
        <TextInput
          ref={find}
          aria-label="Search in the log"
          placeholder="Search in the log"
          leftSection={<SearchIcon size={16} />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
          className="grow"
        />
        <SelectInput
          aria-label="Level"
          w={190}
          data={LEVELS}
          value={level}
          onChange={(value) => setLevel(value ?? "all")}
        />
        <Switch
          label="Follow"
          withThumbIndicator={false}
          checked={follows}
          onChange={(event) => setFollows(event.currentTarget.checked)}
        />
        <Button
          component="a"
          variant="default"
          href={`${apiPath("runs", run.id)}/log/download`}
          download
          leftSection={<DownloadIcon size={16} />}
        >
          Download log
        </Button>
      </div>
      <Answer query={log} what="The log">
        {(page) => (
          <>
            {page.first_error && (
              <div className={classes.pinned}>
                <span className="tiny strong">First error, line {formatCount(page.first_error.n)}</span>
                <pre>{page.first_error.text}</pre>
              </div>
            )}
            {page.lines.length < page.total && (
              <div className={classes.earlier}>
                <span className="small muted number">
                  The last {formatCount(page.lines.length)} of {formatCount(page.total)} lines
                </span>
                <Button
                  size="xs"
                  variant="default"
                  loading={earlier.isPending}
                  onClick={() => (setFollows(false), earlier.mutate(page.lines[0]?.n ?? 1))}
                >
                  Show earlier lines
                </Button>
              </div>
            )}
            {earlier.error && <ErrorPanel title="Earlier lines could not be loaded." error={earlier.error} />}
            {page.lines.length === 0 ? (
              <p className="muted">{query || level !== "all" ? "No line matches." : "Nothing was logged yet."}</p>
            ) : (
              <Lines lines={page.lines} follows={follows} mark={query} onLeaveEnd={() => setFollows(false)} />
            )}
          </>
        )}
      </Answer>
    </div>
  );
}

type LinesProps = { lines: LogLine[]; follows: boolean; mark: string; onLeaveEnd: () => void };

function Lines({ lines, follows, mark, onLeaveEnd }: LinesProps) {
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => 22,
    overscan: 20,
    measureElement: (element) => element.getBoundingClientRect().height,
  });
  useEffect(() => {
    if (follows) virtual.scrollToIndex(lines.length - 1, { align: "end" });
  }, [follows, lines.length, virtual]);
  const first = useRef(lines[0]?.n);
  useEffect(() => {
    // What was in sight stays there when earlier lines come in front of it.
    const before = lines.findIndex((line) => line.n === first.current);
    first.current = lines[0]?.n;
    if (before > 0) virtual.scrollToIndex(before, { align: "start" });
  }, [lines, virtual]);
  return (
    <div
      ref={box}
      className={classes.lines}
      tabIndex={0}
      role="log"
      aria-label="Log lines"
      onWheel={(event) => event.deltaY < 0 && onLeaveEnd()}
    >
      <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
        {virtual.getVirtualItems().map((item) => {
          const line = lines[item.index] as LogLine;
          return (
            <div
              key={line.n}
              ref={virtual.measureElement}
              data-index={item.index}
              className={classes.line}
              data-level={line.level}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <span className={classes.time}>{new Date(line.time * 1000).toLocaleTimeString("en-GB")}</span>
              <span className={classes.level}>{line.level}</span>
              <span className={classes.text}>
                <Marked text={line.text} mark={mark} />
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Marked({ text, mark }: { text: string; mark: string }) {
  const at = mark === "" ? -1 : text.toLowerCase().indexOf(mark.toLowerCase());
  if (at < 0) return text;
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + mark.length)}</mark>
      {text.slice(at + mark.length)}
    </>
  );
}
