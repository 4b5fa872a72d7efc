"""Experiments in the database."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ExperimentQuery:
    """Which experiments, in which order."""

    text: str = ""
    state: str = ""
    problem_type: str = ""
    dataset: str = ""
    tag: str = ""
    archived: bool = False
    sort: str = "-created"
    offset: int = 0
    limit: int = 200
