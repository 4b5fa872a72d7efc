import { RefusalPanel } from "../ui/RefusalPanel";

export function StartError({ error }: { error: Error }) {
  return <RefusalPanel title="The prediction was not started." error={error} />;
}
