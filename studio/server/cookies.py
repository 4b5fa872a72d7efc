"""cookies: the values of one cookie in a request, whatever other programs on this host name have set beside it."""

from collections.abc import Iterable, Iterator


def cookies_named(name: str, headers: Iterable[str]) -> Iterator[str]:
    """Every value of the cookie `name`, in order. What is malformed is passed over, and hides nothing behind it."""
    for header in headers:
        for part in header.split(";"):
            key, mark, value = part.partition("=")
            if mark and key.strip() == name:
                yield value.strip().strip('"')
