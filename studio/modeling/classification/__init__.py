"""Classification of anything: targets, losses, metrics and insights, whatever the input is."""
