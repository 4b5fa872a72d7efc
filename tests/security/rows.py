"""The attack rows that must be covered, and those that need what does not exist."""

from pathlib import Path

from tests.rows_report import rows_of

REQUIRED = tuple(f"B{number}" for number in (*range(1, 41), *range(47, 74), *range(76, 83)))
NOT_BUILT = {
    "B14": "there are no user accounts, so there is no password to guess",
    "B15": "there are no user accounts, so no password is ever hashed",
    "B66": "one person a home: there is nobody else whose objects could be read",
    "B74": "the server of a scoring pipeline is tested with the pipelines, not in this suite",
    "B75": "there is no Ray executor yet",
}


def covered(tests: Path) -> set[str]:
    """Rows that some test function, or a parameter of one, names."""
    found = set(NOT_BUILT)
    for path in (*(tests / "security").glob("test_*.py"), tests / "browser" / "test_xss.py"):
        for line in path.read_text().replace('id=f"', 'id="').splitlines():
            if line.startswith("def test_") or 'id="B' in line:
                found |= rows_of(line.partition("(")[0]) | rows_of(line.partition('id="')[2].partition('"')[0])
    return found
