import { Button } from "@mantine/core";
import { useRouteError } from "react-router";
import { ErrorPanel } from "../ui/states";

/** A page file that is gone after an upgrade, or a fault outside every part. */
export function RouteError() {
  const error = useRouteError();
  const isGone = error instanceof TypeError && /import|module/i.test(error.message);
  return (
    <div style={{ maxWidth: 640, margin: "15vh auto", padding: 16 }}>
      <h1 style={{ marginBottom: 16 }}>{isGone ? "A new version is running" : "This page cannot be shown"}</h1>
      {isGone ? (
        <p style={{ marginBottom: 16 }}>Part of this page belongs to an older version.</p>
      ) : (
        <ErrorPanel title="Something in this page failed." error={error} />
      )}
      <Button mt={16} onClick={() => window.location.reload()}>
        Reload
      </Button>
    </div>
  );
}
