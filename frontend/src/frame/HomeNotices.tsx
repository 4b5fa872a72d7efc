import { Button } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { useMe } from "../api/machine";
import type { Finding } from "../api/types";
import classes from "./frame.module.css";

/** What everyone must know of this home: a disk that is almost full, changes that the database lost. */
export function HomeNotices() {
  const notices = useMe().data?.notices ?? [];
  const [read, setRead] = useLocalStorage<string[]>({ key: "studio-read-notices", defaultValue: [] });
  const open = notices.filter((notice) => !read.includes(identify(notice)));
  return open.map((notice) => (
    <div key={identify(notice)} className={classes.notice} data-level={notice.level} role="status">
      <span>
        <strong>{notice.message}</strong> {notice.fix}
      </span>
      {notice.code === "lost_changes" && (
        <Button size="compact-sm" variant="default" onClick={() => setRead([...read, identify(notice)])}>
          Dismiss
        </Button>
      )}
    </div>
  ));
}

/** The same place and the same examples are the same news, also after a reload. */
function identify(notice: Finding): string {
  return [notice.code, notice.path, ...(notice.examples ?? [])].join(" ");
}
