import type { ReactNode } from "react";
import { isSignedOut, useMe } from "../api/machine";
import { Page } from "../ui/Page";

/** The page, or what a browser does that the server does not know: every answer would be the same refusal. */
export function SignedIn({ children }: { children: ReactNode }) {
  const { error } = useMe();
  if (!isSignedOut(error)) return children;
  const [before, command, after] = error.problem.message.split("`");
  return (
    <Page title="This browser is not signed in">
      <p>
        {before?.replace("This browser is not signed in. ", "")}
        {command && <code>{command}</code>}
        {after}
      </p>
      <p className="muted">Add --home FOLDER if the server was started with it. This page reconnects by itself.</p>
    </Page>
  );
}
