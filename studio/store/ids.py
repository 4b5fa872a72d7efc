"""Ids: a word that says what a thing is, and enough chance that nobody guesses or repeats one.

They name files and folders. Those in a database, which may come from elsewhere, are trusted as little as a request.
"""

import re
import secrets

from studio.errors import PathError, in_quotes

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")


def new_id(prefix: str) -> str:
    """Such as `run-k3m9x2p7qa`; letters that look alike are left out."""
    return f"{prefix}-" + "".join(secrets.choice(_LETTERS) for _ in range(10))


def is_id(text: object) -> bool:
    """Whether a text can be the name of one file or folder, whatever folder that is in."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def require_id(text: str) -> str:
    """The text, if a path may be made of it.

    Raises:
        PathError: if it could lead out of its folder.
    """
    if not is_id(text):
        raise PathError(
            f"{in_quotes(text[:80])} is not an ID of the studio.",
            hint="The database was changed by something else; restore a backup.",
            found=repr(text[:80]),
            expected="letters, digits, - and _",
        )
    return text
