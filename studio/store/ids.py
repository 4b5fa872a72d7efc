"""New ids: a word that says what it is, and enough chance that nobody guesses or repeats one."""

import secrets

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def new_id(prefix: str) -> str:
    """Such as `run-k3m9x2p7qa`; letters that look alike are left out."""
    return f"{prefix}-" + "".join(secrets.choice(_LETTERS) for _ in range(10))
