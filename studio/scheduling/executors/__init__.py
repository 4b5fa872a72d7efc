"""Executors: launch a worker, ask whether it lives, make it stop. Handles survive a restart of the server."""
