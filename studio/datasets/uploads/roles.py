"""Which table a file or a folder is, by its name: train, validation, test or unlabeled."""

import re
from functools import lru_cache
from pathlib import PurePosixPath

from studio.datasets.dataset import TableRole

_WORDS: tuple[tuple[TableRole, str], ...] = (
    ("unlabeled", r"unlabell?ed|pseudo"),
    ("validation", r"validation|valid|val|dev|eval|evaluation"),
    ("test", r"test|testing|holdout"),
    ("train", r"train|training"),
)


def role_by_name(name: str) -> TableRole | None:
    """The role that a file name or a folder's speaks of, if any."""
    words = re.split(r"[^a-z]+", PurePosixPath(name).stem.lower())
    for role, pattern in _WORDS:
        if any(re.fullmatch(pattern, word) for word in words):
            return role
    return None


@lru_cache(maxsize=4096)
def role_by_path(path: str) -> TableRole | None:
    """The role that a file's own name, or else its nearest folder, speaks of."""
    pure = PurePosixPath(path)
    names = [pure.name, *(parent.name for parent in pure.parents if parent.name)]
    return next((role for name in names if (role := role_by_name(name)) is not None), None)
