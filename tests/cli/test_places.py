"""Where a home may be: paths are paths, and a place that is no home is refused before anything is changed there."""

import json
import logging
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from studio.commands.app import run
from studio.commands.configs import MAX_YAML_BYTES, read_file
from studio.commands.options import InputError, parse_changes
from studio.scoring.pipeline import main as score
from studio.server.log_lines import LogFile
from studio.store.home import Home, HomeError
from studio.store.store import Store

pytestmark = [pytest.mark.trust, pytest.mark.covers("F141")]

ODD_NAMES = ["a?b", "p%41c", "a#b", "a b", "ünï", "a&b=c", "%s%d", "a:b", "x?mode=memory", "-dash", "quote'\"q"]


@pytest.mark.covers("B160")
@pytest.mark.parametrize("name", ODD_NAMES)
def test_b160_everything_of_a_home_lies_inside_it_whatever_its_name(name: str, tmp_path: Path) -> None:
    store = Store.open(Home.create(tmp_path / name))
    store.close()

    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name / "studio.db").stat().st_size > 0


@pytest.mark.covers("B160")
def test_b160_a_command_works_on_a_home_with_letters_of_addresses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(["experiment", "list", "--json", f"--home={tmp_path / 'a?b%41#c'}"])

    shown = capsys.readouterr()
    assert code == 0, shown.err
    assert json.loads(shown.out) == []
    assert [path.name for path in tmp_path.iterdir()] == ["a?b%41#c"]


def modes(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mode for path in (folder, *sorted(folder.rglob("*")))}


def test_a_folder_that_holds_other_things_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("...")
    before = modes(tmp_path)

    with pytest.raises(HomeError, match=r"is not a home: it contains 'thesis.tex'"):
        Home.create(tmp_path)

    assert modes(tmp_path) == before


def test_a_folder_that_others_may_write_is_no_home(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    before = modes(tmp_path)

    with pytest.raises(HomeError, match="can be written by other users"):
        Home.create(shared)

    assert modes(tmp_path) == before


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to somebody else")
def test_a_folder_of_another_user_is_no_home(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    os.chown(other, 12345, 12345)
    before = modes(tmp_path)

    with pytest.raises(HomeError, match="belongs to another user"):
        Home.create(other)

    assert modes(tmp_path) == before


def test_a_file_is_no_home(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")

    with pytest.raises(HomeError, match="is a file, not a folder"):
        Home.create(file)
    with pytest.raises(HomeError, match="Not a directory"):
        Home.create(file / "below")


def test_a_place_that_cannot_be_written_is_no_home() -> None:
    """`/proc` takes no folder from anybody, root included."""
    with pytest.raises(HomeError, match="cannot be used"):
        Home.create(Path("/proc/studio-home"))


def test_an_empty_folder_and_a_home_of_an_earlier_day_become_private(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "lost+found").mkdir()  # an empty disk
    Home.create(folder)
    (folder / "studio.db").touch()
    (folder / "notes.txt").touch()
    folder.chmod(0o755)

    Home.create(folder)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("command", ["serve", "experiment list", "backup -o x.zip", "restore x.zip"])
def test_f141_a_wrong_place_is_a_sentence_of_every_command(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text("x")

    code = run([*command.replace("x.zip", str(tmp_path / "x.zip")).split(), "--home", str(file)])

    told = capsys.readouterr().err
    assert code in (1, 2)
    assert "Traceback" not in told
    assert len(told.strip().splitlines()) <= 3


@pytest.mark.covers("F142")
def test_f142_closed_standard_streams_are_survived(tmp_path: Path) -> None:
    """Started by a service manager without streams; what is printed must not go into the database."""
    home = tmp_path / "home"
    words = f"exec {sys.executable} -P -m studio.cli experiment list --home {home} <&- >&- 2>&-"

    ended = subprocess.run(["sh", "-c", words], timeout=120, check=False)

    assert ended.returncode == 0
    assert (home / "studio.db").read_bytes().startswith(b"SQLite format 3")


@pytest.mark.covers("F142")
def test_f142_a_reader_that_has_read_enough_ends_a_command_quietly(tmp_path: Path) -> None:
    words = (
        f"{sys.executable} -P -m studio.cli schema image_classification --json --home {tmp_path / 'home'} | head -c 10"
    )

    ended = subprocess.run(["sh", "-c", words], timeout=120, check=False, capture_output=True)

    assert ended.stderr == b""


@pytest.mark.parametrize("value", ["[" * 5000, "- " * 5000, "!!python/name:os.system", "{a: "])
def test_a_value_that_is_no_plain_yaml_is_a_sentence(value: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"The value of training\.epochs is not YAML"):
        parse_changes([f"training.epochs={value}"])


@pytest.mark.covers("F112")
def test_f112_a_command_says_why_the_studio_of_a_home_does_not_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The database is a folder: no trace, and not only where a log lies."""
    home = Home.create(tmp_path / "home")
    home.database.mkdir()

    code = run(["experiment", "list", "--home", str(home.path)])

    told = capsys.readouterr().err
    assert code == 1
    assert "Traceback" not in told
    assert "database" in told


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command that fails says, in a sentence and a hint."""
    code = run([*arguments])
    shown = capsys.readouterr().err
    assert code in (1, 2)
    assert "Traceback" not in shown
    assert 1 <= len(shown.strip().splitlines()) <= 2
    return shown


@pytest.mark.covers("F143")
@pytest.mark.parametrize(
    "command", ["experiment list --home", "backup --home", "config check", "dataset import --name n"]
)
def test_f143_a_name_that_no_disk_takes_is_a_sentence(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))

    assert "name too long" in told(capsys, *command.split(), str(tmp_path / ("n" * 300)))


@pytest.mark.covers("F143")
@pytest.mark.parametrize("command", ["experiment list --home", "config check", "dataset import --name n"])
def test_f143_a_name_that_is_not_utf8_is_a_sentence(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))

    assert r"\udcff' is not UTF-8" in told(capsys, *command.split(), os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))


@pytest.mark.covers("F143")
def test_f143_a_path_that_sqlite_cannot_open_is_no_home(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="more than 480 bytes"):
        Home.create(tmp_path.joinpath(*["long" * 25] * 5))

    assert list(tmp_path.iterdir()) == []


@pytest.mark.covers("F143")
def test_f143_a_link_to_nothing_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "gone")

    with pytest.raises(HomeError, match=r"is a link to .*gone', which does not exist"):
        Home.create(tmp_path / "link")


@pytest.mark.covers("F143")
def test_f143_a_pipe_in_place_of_the_lock_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "lock")

    ended = subprocess.run(
        [sys.executable, "-c", "import sys, pathlib; from studio.server import home_lock;"
         "print(home_lock._is_locked(pathlib.Path(sys.argv[1])))", str(tmp_path / "lock")],
        timeout=20, check=True, capture_output=True, text=True,
    )  # fmt: skip

    assert ended.stdout == "False\n"


@pytest.mark.covers("F143")
@pytest.mark.skipif(os.getuid() != 0, reason="only root can become an account without a folder")
def test_f143_an_account_without_a_folder_is_asked_for_one() -> None:
    words = "import os; from studio.server.config import ConfigError, default_home; os.setuid(54321)\n"
    words += "try: default_home()\nexcept ConfigError as error: print(error.message)"

    ended = subprocess.run([sys.executable, "-c", words], timeout=60, check=True, capture_output=True, env={})

    assert ended.stdout.startswith(b"This account has no folder of its own")


@pytest.mark.covers("F143")
def test_f143_a_backup_of_what_is_no_database_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = Home.create(tmp_path / "home")
    home.database.write_text("no database" * 1000)
    words = told(capsys, "backup", "-o", str(tmp_path / "x.zip"), "--home", str(home.path))
    assert "file is not a database" in words


@pytest.mark.covers("F145")
def test_f145_a_log_that_the_disk_does_not_take_leaves_no_trace(capsys: pytest.CaptureFixture[str]) -> None:
    log = LogFile("/dev/full")
    log.handle(logging.LogRecord("a", logging.INFO, "", 0, "hello", (), None))
    log.close()

    assert capsys.readouterr().err == ""


@pytest.mark.covers("F145")
def test_f145_an_error_whose_json_cannot_be_written_is_still_a_sentence() -> None:
    words = f"exec {sys.executable} -P -m studio.cli config load gone.yaml --json >/dev/full"

    ended = subprocess.run(["sh", "-c", words], timeout=120, check=False, capture_output=True)

    assert ended.returncode == 2
    assert ended.stderr.startswith(b"gone.yaml cannot be read")
    assert b"Traceback" not in ended.stderr


@pytest.mark.covers("F145")
def test_f145_a_configuration_without_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(b"x" * (MAX_YAML_BYTES + 1)))
    writer.start()

    with pytest.raises(InputError, match="is larger than"):
        read_file(pipe)

    writer.join(10)


@pytest.mark.covers("F146")
@pytest.mark.parametrize(
    "command",
    ["predict one --table in.csv -o gone/o.csv", "export one -o gone/o.zip", "backup -o gone/o.zip",
     "config new image_classification --dataset d -o gone/o.yaml"],
    ids=["predict", "export", "backup", "config"],
)  # fmt: skip
def test_f146_a_result_that_has_no_folder_is_refused_before_the_work(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in.csv").write_text("a\n1\n")
    words = command.replace("gone", f"{tmp_path}/gone").replace("in.csv", f"{tmp_path}/in.csv").split()

    assert "There is no folder" in told(capsys, *words, "--home", str(tmp_path / "home"))
    assert not (tmp_path / "home").exists()


@pytest.mark.covers("F146")
@pytest.mark.parametrize(
    ("folder", "output", "words"), [("", "gone/o.csv", "There is no folder"), ("n" * 300, "o.csv", "name too long")]
)
def test_f146_a_scoring_pipeline_tells_places_that_cannot_be_used(
    folder: str, output: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = score(tmp_path / folder, ["predict", "--table", "in.csv", "-o", str(tmp_path / output)])

    shown = capsys.readouterr().err
    assert code in (1, 2)
    assert words in shown
    assert len(shown.strip().splitlines()) == 1


def linked(table: Path, how: str) -> Path:
    """The table by its own name or by another one."""
    path = table if how == "itself" else table.with_name("other.csv")
    if how == "symbolic link":
        path.symlink_to(table)
    if how == "hard link":
        path.hardlink_to(table)
    return table.parent / "." / path.name


@pytest.mark.covers("F146")
@pytest.mark.parametrize("how", ["itself", "symbolic link", "hard link"])
@pytest.mark.parametrize("words", ["-o {0}", "-o o.csv --raw {0}", "-o {0} --index {0}"])
def test_f146_a_scoring_pipeline_writes_over_none_of_its_inputs(
    words: str, how: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "in.csv"
    table.write_text("image\na.png\n")

    code = score(tmp_path, ["predict", "--table", str(table), *words.format(linked(table, how)).split()])

    shown = capsys.readouterr().err
    assert code == 2
    assert "would be overwritten" in shown
    assert "another name" in shown
    assert table.read_text() == "image\na.png\n"


@pytest.mark.covers("F146")
def test_f146_a_scoring_pipeline_keeps_its_two_results_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in.csv").write_text("image\na.png\n")
    both = str(tmp_path / "o.csv")

    code = score(tmp_path, ["predict", "--table", str(tmp_path / "in.csv"), "-o", both, "--raw", both])

    assert (code, "would be overwritten" in capsys.readouterr().err) == (2, True)


@pytest.mark.covers("F146")
@pytest.mark.parametrize("how", ["itself", "symbolic link", "hard link"])
def test_f146_predictions_are_not_written_over_their_table(
    how: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "in.csv"
    table.write_text("image\na.png\n")
    words = ["predict", "one", "--table", str(table), "-o", str(linked(table, how)), "--home", str(tmp_path / "home")]

    assert "would be overwritten" in told(capsys, *words)
    assert table.read_text() == "image\na.png\n"
    assert not (tmp_path / "home").exists()
