import { Button } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useDropzone } from "react-dropzone";
import classes from "./file-drop.module.css";

type FileDropProps = {
  label: string;
  accept: string;
  title: ReactNode;
  icon?: ReactNode;
  children?: ReactNode;
  button: string;
  isPrimary?: boolean;
  onFile: (file: File) => void;
  isBusy?: boolean;
};

/** A place to drop one file, with a button that does the same. `accept` filters only the dialog; the server judges content. */
export function FileDrop({ label, accept, title, icon, children, button, isPrimary, onFile, isBusy }: FileDropProps) {
  const [isRefused, setIsRefused] = useState(false);
  const { getRootProps, getInputProps, open, isDragActive } = useDropzone({
    onDrop: ([file], refused) => {
      setIsRefused(refused.length > 0);
      if (file && refused.length === 0) onFile(file);
    },
    multiple: false,
    noClick: true,
    noKeyboard: true,
    disabled: isBusy,
  });
  return (
    <div {...getRootProps({ className: classes.drop, "data-over": isDragActive || undefined })}>
      {icon && <span className={classes.icon}>{icon}</span>}
      <strong>{title}</strong>
      {children}
      <input {...getInputProps({ accept, "aria-label": label })} />
      <Button variant={isPrimary ? "filled" : "default"} onClick={open} loading={isBusy}>
        {button}
      </Button>
      {isRefused && (
        <p className="small" role="alert">
          Drop one file. Put several files or a folder into a zip first.
        </p>
      )}
    </div>
  );
}
