"""Whether the tests on real data ran: a session says how many, and fails if the data is there and some were skipped."""

from pathlib import Path

import pytest

FIXTURE = "shared_data"
_PROPERTY = "real data"


class RealDataReport:
    """A plugin of pytest. Also where several processes run tests: what a test needs travels with its report."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._outcomes: dict[str, str] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note which tests use the data, wherever their fixtures ask for it."""
        for item in items:
            if FIXTURE in getattr(item, "fixturenames", ()):
                item.user_properties.append((_PROPERTY, True))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the worst of a test's parts."""
        if (_PROPERTY, True) in [tuple(one) for one in report.user_properties]:
            if report.skipped or report.failed:
                self._outcomes[report.nodeid] = report.outcome
            else:
                self._outcomes.setdefault(report.nodeid, report.outcome)

    @property
    def skipped(self) -> list[str]:
        """Tests on real data that did not run."""
        return sorted(name for name, outcome in self._outcomes.items() if outcome == "skipped")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail where the data lies beside the repository and a test that needs it was skipped."""
        if self.skipped and self._folder.is_dir() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """One line, and each test that was skipped although its data is there."""
        if not self._outcomes:
            return
        count = len(self.skipped)
        terminalreporter.section("tests on real data")
        terminalreporter.write_line(f"{len(self._outcomes) - count} ran, {count} skipped")
        if count and self._folder.is_dir():
            terminalreporter.write_line("The data is there, so these must run:", red=True)
            for name in self.skipped:
                terminalreporter.write_line(f"  {name}", red=True)
        elif count:
            terminalreporter.write_line("No real data lies beside this repository: that tier is MISSING.", yellow=True)
