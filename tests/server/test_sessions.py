from pathlib import Path

import pytest

from studio.server.auth import ForbiddenError, Sessions


def test_a_session_survives_a_restart_and_no_secret_is_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "sessions.json"
    first = Sessions("token", 8877, path)
    session = first.exchange(first.new_launch_code())

    second = Sessions("other", 8877, path)

    assert second.is_session(session)
    assert session not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0


def test_a_session_that_was_ended_stays_ended(tmp_path: Path) -> None:
    path = tmp_path / "sessions.json"
    first = Sessions("token", 8877, path)
    session = first.exchange(first.new_launch_code())
    first.end(session)

    assert not Sessions("token", 8877, path).is_session(session)


def test_a_launch_code_opens_one_session() -> None:
    sessions = Sessions("token", 8877)
    code = sessions.new_launch_code()
    sessions.exchange(code)

    with pytest.raises(ForbiddenError):
        sessions.exchange(code)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"zz": 1}', '{"ab": "soon"}'])
def test_a_damaged_file_lets_nobody_in(tmp_path: Path, text: str) -> None:
    (tmp_path / "sessions.json").write_text(text)

    assert not Sessions("token", 1, tmp_path / "sessions.json").is_session("x")
