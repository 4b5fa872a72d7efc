"""The worker: `python -m studio.training RUN_FOLDER`. Knows no server and no database."""
