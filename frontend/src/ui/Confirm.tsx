import { Button, Modal } from "@mantine/core";
import { type ReactNode, useState } from "react";

type ConfirmProps = {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  verb: string;
  onConfirm: () => void;
  isBusy?: boolean;
  isDanger?: boolean;
};

/** Asks once, names the thing and the cost, and repeats the verb on the button. */
export function ConfirmDialog({ isOpen, onClose, title, children, verb, onConfirm, isBusy, isDanger }: ConfirmProps) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={<strong>{title}</strong>}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <div className="column" style={{ gap: 16 }}>
        <div>{children}</div>
        <div className="row-wrap" style={{ justifyContent: "flex-end" }}>
          <Button variant="default" onClick={onClose} data-autofocus>
            Keep
          </Button>
          <Button color={isDanger ? "red" : undefined} onClick={onConfirm} loading={isBusy}>
            {verb}
          </Button>
        </div>
      </div>
    </Modal>
  );
}

type ConfirmButtonProps = Omit<ConfirmProps, "isOpen" | "onClose"> & { label: string; icon?: ReactNode };

export function ConfirmButton({ label, icon, onConfirm, ...dialog }: ConfirmButtonProps) {
  const [isOpen, setIsOpen] = useState(false);
  const confirm = () => {
    onConfirm();
    setIsOpen(false);
  };
  return (
    <>
      <Button variant="default" leftSection={icon} onClick={() => setIsOpen(true)}>
        {label}
      </Button>
      <ConfirmDialog {...dialog} isOpen={isOpen} onClose={() => setIsOpen(false)} onConfirm={confirm} />
    </>
  );
}
