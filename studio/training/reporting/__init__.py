"""What a run tells: events, times, usage, trackers."""
