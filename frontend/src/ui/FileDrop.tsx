import { Button } from "@mantine/core";
import { type DragEvent, type ReactNode, useRef, useState } from "react";
import classes from "../pages/predict.module.css";

type FileDropProps = {
  label: string;
  accept: string;
  title: ReactNode;
  children?: ReactNode;
  button: string;
  onFile: (file: File) => void;
  isBusy?: boolean;
};

/** A place to drop one file, with a button that does the same. */
export function FileDrop({ label, accept, title, children, button, onFile, isBusy }: FileDropProps) {
  const [isOver, setIsOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    const file = event.dataTransfer.files[0];
    if (file) onFile(file);
  };
  return (
    <div
      className={classes.drop}
      data-over={isOver || undefined}
      onDragOver={(event) => (event.preventDefault(), setIsOver(true))}
      onDragLeave={() => setIsOver(false)}
      onDrop={drop}
    >
      <strong>{title}</strong>
      {children}
      <input
        ref={input}
        type="file"
        accept={accept}
        className="hidden-visually"
        tabIndex={-1}
        aria-label={label}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = "";
          if (file) onFile(file);
        }}
      />
      <Button variant="default" onClick={() => input.current?.click()} loading={isBusy}>
        {button}
      </Button>
    </div>
  );
}
