import { Button, Modal, TextInput } from "@mantine/core";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { useDatasetUse, useDeleteDataset, useRenameDataset } from "../api/datasets";
import type { Dataset } from "../api/types";
import { formatBytes } from "../ui/format";
import { ErrorPanel, LoadingRows } from "../ui/states";

export type DatasetDialog = { kind: "rename" | "delete"; dataset: Dataset };

export function DatasetDialogs({ dialog, onClose }: { dialog: DatasetDialog | null; onClose: () => void }) {
  return (
    <Modal
      opened={dialog !== null}
      onClose={onClose}
      title={<strong>{dialog?.kind === "delete" ? `Delete ${dialog.dataset.name}?` : "Rename dataset"}</strong>}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {dialog?.kind === "rename" && <Rename dataset={dialog.dataset} onDone={onClose} />}
      {dialog?.kind === "delete" && <Delete dataset={dialog.dataset} onDone={onClose} />}
    </Modal>
  );
}

function Rename({ dataset, onDone }: { dataset: Dataset; onDone: () => void }) {
  const [name, setName] = useState(dataset.name);
  const rename = useRenameDataset();
  return (
    <form
      className="column"
      style={{ gap: 16 }}
      onSubmit={(event) => (event.preventDefault(), rename.mutate({ id: dataset.id, name }, { onSuccess: onDone }))}
    >
      <TextInput
        label="Name"
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={rename.error?.message}
      />
      <div className="row" style={{ justifyContent: "flex-end" }}>
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
        <Button type="submit" loading={rename.isPending} disabled={name.trim() === ""}>
          Rename dataset
        </Button>
      </div>
    </form>
  );
}

/** Says what uses the dataset before offering to delete it. */
function Delete({ dataset, onDone }: { dataset: Dataset; onDone: () => void }) {
  const use = useDatasetUse(dataset.id);
  const remove = useDeleteDataset();
  const navigate = useNavigate();
  const drop = () => remove.mutate(dataset.id, { onSuccess: () => (onDone(), void navigate("/datasets")) });
  if (use.isPending) return <LoadingRows rows={2} height={24} />;
  const users = use.data ?? [];
  if (users.length > 0) {
    return (
      <div className="column" style={{ gap: 12 }}>
        <p>These experiments use it. Delete them first.</p>
        <ul className="column" style={{ gap: 4 }}>
          {users.map((one) => (
            <li key={one.id}>
              <Link to={`/experiments/${one.id}`}>{one.name}</Link>
            </li>
          ))}
        </ul>
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button onClick={onDone}>Keep dataset</Button>
        </div>
      </div>
    );
  }
  return (
    <div className="column" style={{ gap: 16 }}>
      <p>
        Its tables, media files and previews ({formatBytes(dataset.size_bytes)}) are deleted from this machine. Your own
        files stay where they are.
      </p>
      {remove.error && <ErrorPanel title="The dataset was not deleted." error={remove.error} />}
      <div className="row" style={{ justifyContent: "flex-end" }}>
        <Button variant="default" onClick={onDone} data-autofocus>
          Keep dataset
        </Button>
        <Button color="red" loading={remove.isPending} onClick={drop}>
          Delete dataset
        </Button>
      </div>
    </div>
  );
}
