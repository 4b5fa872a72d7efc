"""Names that people give to experiments, datasets and predictions: what may stand in them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from studio.settings.finding import Finding

NAME_PATTERN = r"^[\w .\-]*[\w.\-][\w .\-]*$"
"""With something beside spaces in it."""
MAX_NAME_CHARACTERS = 200
EXPERIMENT_NAME = "general.experiment_name"


def unusable_names(values: Mapping[str, Any]) -> Iterator[Finding]:
    """A finding if an experiment is given a name that no experiment may have; an empty one is made up at the start."""
    name = values.get(EXPERIMENT_NAME)
    if isinstance(name, str) and name.strip() and not is_name(name.strip()):
        yield Finding(
            code="name",
            path=EXPERIMENT_NAME,
            message="An experiment's name has letters, digits, spaces, dots, hyphens and underscores only.",
            found=name[:80],
            expected=f"at most {MAX_NAME_CHARACTERS} of these characters",
            fix="Choose another name.",
        )


def is_name(text: str) -> bool:
    """Whether a text may be a name."""
    # `$` of Python would let a line break stand at the end.
    return len(text) <= MAX_NAME_CHARACTERS and re.fullmatch(NAME_PATTERN.strip("^$"), text) is not None
