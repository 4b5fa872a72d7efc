import os
import socket
from pathlib import Path

import pytest

from studio.server.accounts import account_of
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


def test_a_session_belongs_to_its_port_and_account(tmp_path: Path) -> None:
    path = tmp_path / "sessions.json"
    first = Sessions("token", 8877, path)
    session = first.exchange(first.new_launch_code(), account=1000)

    assert first.is_session(session, 1000)
    for other in (0, 1001, None):
        assert not first.is_session(session, other)
    assert Sessions("token", 8877, path).is_session(session, 1000)
    assert not Sessions("token", 8878, path).is_session(session, 1000)


def test_a_launch_rotates_the_cookie_of_its_browser(tmp_path: Path) -> None:
    sessions = Sessions("token", 8877, tmp_path / "sessions.json")
    old, other = (sessions.exchange(sessions.new_launch_code()) for _ in range(2))

    new = sessions.exchange(sessions.new_launch_code(), replaces=[old, "nonsense"])

    assert [sessions.is_session(one) for one in (old, other, new)] == [False, True, True]


def test_the_kernel_says_whose_connection_it_is() -> None:
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        listener = socket.create_server((host, 0), family=family)
        server = listener.getsockname()[:2]
        with listener, socket.create_connection(server) as client:
            account = account_of(client.getsockname()[:2], server)
            if account is None:
                pytest.skip("this kernel does not say whose a connection is")
            assert account == os.getuid()
            assert account_of((host, 1), server) is None
    assert account_of(("testclient", 5), ("127.0.0.1", 80)) is None
    assert account_of(None, None) is None
