import { Button } from "@mantine/core";
import { useMe } from "../api/machine";
import { useConnection } from "../live/stream";
import classes from "./frame.module.css";

/** Says that the server was upgraded under this page. Never reloads by itself: a form may be open. */
export function VersionNotice() {
  const isLost = useConnection() === "lost";
  const me = useMe(isLost);
  if (!me.data?.version || me.data.version === __STUDIO_VERSION__) return null;
  return (
    <div className={classes.notice} role="status">
      <span>A new version is running ({me.data.version}).</span>
      <Button size="compact-sm" variant="default" onClick={() => window.location.reload()}>
        Reload
      </Button>
    </div>
  );
}
