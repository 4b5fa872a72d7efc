"""What a terminal and a log are given: text of others neither acts as markup nor as a control character."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from studio.commands.output import answer_json, answer_table, tell, tell_findings
from studio.escape_control import VisibleStream
from studio.runs.events import Log, read_events
from studio.runs.folder import RunFolder
from studio.training.reporting.reporter import Reporter

pytestmark = [pytest.mark.trust, pytest.mark.covers("B163")]

HOSTILE = "cat\x1b]0;owned\x07\x9b31m\r\u202e[bold red]dog[/] [link=file:///x]y[/link]"


def test_b163_tables_messages_and_findings_show_text_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    answer_table(("name",), [(HOSTILE,)])
    tell(HOSTILE, HOSTILE)
    tell_findings([{"level": "error", "path": HOSTILE, "message": HOSTILE, "fix": HOSTILE}])

    shown = capsys.readouterr()
    for text in (shown.out, shown.err):
        assert not set(text) & set("\x1b\x07\x9b\r\u202e")
    assert "\\x1b]0;owned" in shown.err.replace("\n", "")
    assert shown.err.replace("\n", "").count("[bold red]dog[/]") == 5


def test_b163_json_on_a_terminal_has_no_control_characters_and_means_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer_json({HOSTILE: HOSTILE})

    text = capsys.readouterr().out
    assert not set(text) & set("\x1b\x07\x9b\r\u202e")
    assert json.loads(text) == {HOSTILE: HOSTILE}


def test_b163_a_log_line_of_a_run_cannot_forge_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = RunFolder.create(tmp_path / "run")
    reporter = Reporter(folder, attempt=1, fence=1)
    reporter.log("info", f"Class {HOSTILE!s}\x0berror: nothing\u2028error: nothing")
    reporter.close()

    printed = capsys.readouterr().out
    [text] = [event.text for event, _ in read_events(folder.events) if isinstance(event, Log)]
    assert not set(printed + text) & set("\x1b\x07\x9b\r\u202e\x0b\u2028")
    assert len(printed.splitlines()) == 1


def test_b163_what_libraries_print_in_a_worker_is_escaped() -> None:
    sink = io.StringIO()
    stream = VisibleStream(sink)

    length = stream.write("50%\r100%\r\n\x1b[31mred\x1b[0m\tyes\n")

    assert sink.getvalue() == "50%\n100%\n\\x1b[31mred\\x1b[0m\tyes\n"
    assert length == len("50%\r100%\r\n\x1b[31mred\x1b[0m\tyes\n")


def test_b163_a_workers_own_output_goes_through_it(tmp_path: Path) -> None:
    """A run folder that is not there: the name in the traceback is escaped."""
    name = tmp_path / "a\x1b[31mb"

    ended = subprocess.run(
        [sys.executable, "-P", "-m", "studio.training", str(name)], capture_output=True, timeout=60, check=False
    )

    assert ended.returncode != 0
    assert b"\x1b" not in ended.stdout + ended.stderr
