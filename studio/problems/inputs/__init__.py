"""What goes in: one `InputSpec` a medium, light. Its torch side is in `studio/modeling/images` or `text`."""
