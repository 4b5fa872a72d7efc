"""Classes of truth that training has not seen."""

from collections.abc import Iterator, Mapping

from studio.modeling.recipe import Note


def unseen_classes(table: str, counts: Mapping[str, int]) -> Iterator[Note]:
    """A warning if a table (validation, test) has such classes, with how often each occurs."""
    if counts:
        listed = ", ".join(f"{name} ({count})" for name, count in counts.items())
        yield Note(
            "warning",
            f"The {table} rows contain classes that do not occur in training; they are not scored: {listed}.",
        )
