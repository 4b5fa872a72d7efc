import { Button } from "@mantine/core";
import { Link } from "react-router";
import { Page } from "../ui/Page";
import { EmptyState } from "../ui/states";

export function NotFoundPage() {
  return (
    <Page title="Page not found">
      <EmptyState
        title="Nothing at this address"
        action={
          <>
            <Button component={Link} to="/experiments">
              Experiments
            </Button>
            <Button component={Link} to="/datasets" variant="default">
              Datasets
            </Button>
            <Button component={Link} to="/help" variant="default">
              Help
            </Button>
          </>
        }
      >
        The address may be mistyped, or the item was deleted.
      </EmptyState>
    </Page>
  );
}
