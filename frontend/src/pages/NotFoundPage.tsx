import { Button } from "@mantine/core";
import { Link } from "react-router";
import { Page } from "../ui/Page";
import { EmptyState } from "../ui/states";

export function NotFoundPage() {
  return (
    <Page title="There is no page here">
      <EmptyState
        title="The address leads nowhere"
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
        It may be mistyped, or what was here is deleted.
      </EmptyState>
    </Page>
  );
}
