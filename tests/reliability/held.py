"""What was held of the promises (I) and faults (F) that tests declare with `rows`, counted at the end of a session.

The hooks are those of the outermost conftest: with several processes the one that reports collects no test itself.
"""

import pytest

from tests.reliability.registry import CONTROL_ROWS, WORKER_ROWS

_outcomes: dict[str, set[str]] = {}


def pytest_runtest_setup(item: pytest.Item) -> None:
    numbers = [str(number) for marker in item.iter_markers("rows") for number in marker.args]
    if numbers:
        item.user_properties.append(("rows", " ".join(numbers)))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or report.outcome != "passed":
        for name, value in report.user_properties:
            if name == "rows":
                for number in str(value).split():
                    _outcomes.setdefault(number, set()).add(report.outcome)


def report_held(terminalreporter: pytest.TerminalReporter) -> None:
    """Write how many promises and faults were held, skipped and broken."""
    if not _outcomes:
        return
    held = [number for number, found in _outcomes.items() if found <= {"passed", "skipped"} and "passed" in found]
    skipped = [number for number, found in _outcomes.items() if found == {"skipped"}]
    broken = [number for number, found in _outcomes.items() if "failed" in found]
    total = len({*CONTROL_ROWS, *WORKER_ROWS})
    terminalreporter.section("promises and faults")
    terminalreporter.write_line(
        f"{len(held)} held, {len(skipped)} skipped, {len(broken)} broken, of {total} on the list"
    )
    for word, numbers in (("skipped", skipped), ("broken", broken)):
        if numbers:
            terminalreporter.write_line(f"{word}: {' '.join(sorted(numbers, key=lambda one: (one[0], int(one[1:]))))}")
