"""visible: text of others in logs, which can neither forge a line nor steer a terminal."""


def visible(text: str, *, keep: str = "") -> str:
    """The text with every character that cannot be seen as one would write it, but those in `keep`."""
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)
