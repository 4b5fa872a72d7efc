"""What is predicted: one `TaskSpec` a kind of label, light. The torch side is in the folders of `studio/modeling`."""
