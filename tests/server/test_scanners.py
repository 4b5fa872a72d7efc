"""The processes that look at uploads: one waits for the next, and every row is checked before an import."""

from pathlib import Path
from typing import Any

import pytest

from studio.server.services.importing.scanners import Scanners


@pytest.fixture
def scanners() -> Any:
    scanners = Scanners()
    yield scanners
    scanners.close()


def test_the_process_that_waits_takes_the_next_upload(scanners: Scanners, tmp_path: Path) -> None:
    scanners.prepare()
    waiting = scanners._spare

    taken = scanners.start("imp-1", tmp_path, None)

    assert taken is waiting
    assert scanners.is_latest("imp-1", taken)


def test_a_process_that_ended_while_it_waited_is_no_loss(scanners: Scanners, tmp_path: Path) -> None:
    scanners.prepare()
    assert scanners._spare is not None
    scanners._spare.end()

    taken = scanners.start("imp-1", tmp_path, None)

    assert taken.is_alive


def test_what_a_closing_server_ends_is_no_outcome(scanners: Scanners, tmp_path: Path) -> None:
    """A command may serve others, and end before them: the server after it looks again."""
    taken = scanners.start("imp-1", tmp_path, None)

    scanners.close()

    assert not taken.is_alive
    assert not scanners.is_latest("imp-1", taken)


def test_what_an_import_would_leave_out_is_known_before_it_is_ordered(server: Any, tmp_path: Path) -> None:
    server.studio.imports.allow(tmp_path)
    rows = [f"words of a mail {number},{'spam' if number % 2 else 'ham'}" for number in range(20)]
    (tmp_path / "mails.csv").write_text("\n".join(["text,label", *rows, "without a label,", ",ham"]) + "\n")
    body = {"path": str(tmp_path / "mails.csv"), "is_checked": True}

    draft = server.api.post("/api/imports", json=body).json()
    draft = server.wait_for(f"/api/imports/{draft['id']}", lambda one: (one["check"] or {}).get("state") == "done")

    check = draft["check"]
    texts = [one["message"] for one in check["findings"]]
    assert any("22 rows imported" in one for one in texts), texts
    assert {(row["row"], row["cells"]["text"]) for row in check["rows"]} >= {(21, "without a label")}
    dropped = {number for one in check["findings"] if one["level"] == "warning" for number in one["rows"]}
    assert 21 in dropped


def test_no_check_is_made_where_nobody_asked(server: Any, tmp_path: Path) -> None:
    server.studio.imports.allow(tmp_path)
    (tmp_path / "mails.csv").write_text("text,label\n" + "a,b\nc,d\n" * 5)

    draft = server.api.post("/api/imports", json={"path": str(tmp_path / "mails.csv")}).json()
    draft = server.wait(f"/api/imports/{draft['id']}", {"ready", "failed"})

    assert (draft["state"], draft["check"]) == ("ready", None)
