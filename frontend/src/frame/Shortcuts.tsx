import { Modal } from "@mantine/core";
import classes from "./frame.module.css";

const GROUPS: { title: string; keys: [string, string][] }[] = [
  {
    title: "Everywhere",
    keys: [
      ["Ctrl K", "Search everything"],
      ["?", "This list"],
      ["g e", "Experiments"],
      ["g d", "Datasets"],
      ["g q", "Queue"],
    ],
  },
  {
    title: "Lists",
    keys: [
      ["/", "Search in the list"],
      ["n", "New experiment, or import"],
      ["j  k", "Next and previous row"],
      ["Enter", "Open the row"],
    ],
  },
  {
    title: "New experiment",
    keys: [
      ["/", "Find a setting"],
      ["Ctrl Enter", "Start experiment"],
      ["Alt 1 … 9", "Go to a section"],
    ],
  },
  {
    title: "Experiment page",
    keys: [
      ["1 … 7", "Tabs"],
      ["s", "Stop, asks first"],
      ["f", "Follow the newest points"],
    ],
  },
  {
    title: "Charts",
    keys: [
      ["← →", "Move the cursor"],
      ["+  −", "Zoom"],
      ["0", "Whole range"],
    ],
  },
  {
    title: "Samples",
    keys: [
      ["← →", "Previous and next"],
      ["b  l", "Boxes, labels"],
      ["+  −  0", "Zoom"],
      ["Esc", "Close"],
    ],
  },
];

export function ShortcutList({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={<strong>Keyboard shortcuts</strong>}
      size="lg"
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <div className={classes.shortcuts}>
        {GROUPS.map((group) => (
          <section key={group.title}>
            <h3>{group.title}</h3>
            <dl>
              {group.keys.map(([key, what]) => (
                <div key={what}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
