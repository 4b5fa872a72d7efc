"""Scheduling: observe, decide (pure), act. The only writer of run states."""
