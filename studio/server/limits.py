"""limits: how many connections and streams this process may hold, from the files the system lets it open."""

import resource

MAX_CONNECTIONS = 512
FILES_KEPT = 96
"""For the database, logs, workers' files and libraries that are loaded late."""
WANTED_FILES = 8192
STREAM_SHARE = 0.75
"""Of the connections; the rest is for requests."""


def raise_file_limit() -> None:
    """Take as many open files as the system allows without asking, up to what makes sense here."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_FILES if hard == resource.RLIM_INFINITY else min(WANTED_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def connection_limit() -> int:
    """Connections that are answered at the same time; the next one gets a 503."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return max(16, min(MAX_CONNECTIONS, soft - FILES_KEPT))


def stream_limit() -> int:
    """Streams of events at the same time; the next one gets a 503, and requests are still answered."""
    return int(connection_limit() * STREAM_SHARE)
