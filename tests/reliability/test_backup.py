"""Backup while training, restore elsewhere, and homes of other versions."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.reliability.conftest import Serve
from tests.reliability.harness import Server, check_database, points, query
from tests.support.requirements import covers

pytestmark = pytest.mark.trust
LONG = 100_000


def studio(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [sys.executable, "-m", "studio.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **environment},
    )


@pytest.fixture(scope="module")
def backup(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup that was made while a run was training; beside it, the home it is of, with a secret in it."""
    from tests.reliability.harness import copy_home, end_all

    base = tmp_path_factory.mktemp("backed-up")
    copy_home(template, base)
    server = Server(base / "home").ready()
    (base / "home" / "secrets" / "canary.secret").write_text("canary-of-a-secret")
    (base / "home" / "secrets" / "key").write_text("canary-of-a-key")
    server.order(steps=LONG, checkpoint_every=3)
    _, id = server.start("kept")
    server.await_step(id, 12)
    done = studio("backup", "-o", base / "backup.zip", "--home", base / "home", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["files"] > 10
    assert server.run(id)["state"] == "running"
    (base / "id").write_text(id)
    end_all([server])
    return base


@covers("I19")
def test_a_backup_made_while_training_restores_to_a_consistent_home(backup: Path, serve: Serve, tmp_path: Path) -> None:
    id = (backup / "id").read_text()
    done = studio("restore", backup / "backup.zip", "--home", tmp_path / "restored" / "home", "--json")
    assert done.returncode == 0, done.stderr
    (tmp_path / "restored" / "order.json").write_text((backup / "order.json").read_text())

    server = Server(tmp_path / "restored" / "home").ready()
    try:
        run = server.await_state(id, "lost")
        steps = points(server.home, id)
        [dataset] = server.call("GET", "/api/datasets")
        assert steps == list(range(1, len(steps) + 1))
        assert len(steps) >= 12
        assert dataset["state"] == "ready"
        assert server.call("GET", f"/api/datasets/{dataset['id']}/samples")["total"] > 0
        server.order(steps=len(steps) + 10)
        server.call("POST", f"/api/experiments/{run['experiment_id']}/resume")
        again = server.await_state(id, "finished")
        assert again["attempt"] == 2
        assert points(server.home, id) == list(range(1, len(steps) + 11))
    finally:
        server.end()
    check_database(server.home)


@covers("I19")
def test_a_backup_holds_no_secret_and_no_token(backup: Path) -> None:
    with zipfile.ZipFile(backup / "backup.zip") as archive:
        names = archive.namelist()
        content = b"".join(archive.read(name) for name in names)

    assert (backup / "backup.zip").stat().st_mode & 0o077 == 0
    assert b"canary-of-a" not in content
    assert not [name for name in names if name.startswith(("secrets", "run/"))]
    assert names[-1] == "backup.json"
    assert not list((backup / "home" / "backups").glob(".pins-*"))


@covers("I11", "I19")
def test_a_backup_that_is_cut_off_is_not_there(backup: Path, tmp_path: Path) -> None:
    done = studio("backup", "-o", tmp_path / "b.zip", "--home", backup / "home", STUDIO_FAIL="backup_half:kill")

    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "b.zip").exists()


@covers("I19", "I27")
@pytest.mark.parametrize("harm", ["a byte", "no end", "no list", "a later form", "a path that leads out"])
def test_a_backup_that_is_not_whole_is_refused_and_nothing_is_left(backup: Path, tmp_path: Path, harm: str) -> None:
    damaged = tmp_path / "damaged.zip"
    shutil.copy(backup / "backup.zip", damaged)
    if harm == "a byte":
        with damaged.open("r+b") as file:
            file.seek(9000)
            byte = file.read(1)
            file.seek(9000)
            file.write(bytes([byte[0] ^ 1]))
    elif harm == "no end":
        damaged.write_bytes(damaged.read_bytes()[:-2000])
    else:
        rewrite(damaged, harm)

    done = studio("restore", damaged, "--home", tmp_path / "new")

    assert done.returncode == 1
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "new").exists()
    assert not list(tmp_path.glob(".new*"))


def rewrite(path: Path, harm: str) -> None:
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(entries.pop("backup.json"))
    if harm == "a later form":
        manifest["version"] = 99
    elif harm == "a path that leads out":
        manifest["files"][1]["path"] = "../../out"
        entries["../../out"] = b"x"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
        if harm != "no list":
            archive.writestr("backup.json", json.dumps(manifest))


def test_nothing_is_restored_over_a_home(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "precious").write_text("data")

    done = studio("restore", backup / "backup.zip", "--home", tmp_path / "mine")

    assert done.returncode == 1
    assert "not empty" in done.stderr
    assert (tmp_path / "mine" / "precious").read_text() == "data"


@covers("F8", "I18")
def test_a_home_of_the_first_version_is_copied_then_upgraded_also_after_a_kill_amidst(serve: Serve, base: Path) -> None:
    first = serve().ready()
    first.order(steps=5)
    experiment, id = first.start("of old")
    first.await_state(id, "finished")
    first.end()
    downgrade(base / "home")
    before = query(base / "home", "SELECT id, state FROM run ORDER BY id")

    dying = serve("migration:kill")
    assert dying.process.wait(60) == -signal.SIGKILL
    assert query(base / "home", "SELECT version_num FROM alembic_version") == [("0001",)]
    assert query(base / "home", "SELECT id, state FROM run ORDER BY id") == before
    server = serve().ready()

    assert query(base / "home", "SELECT version_num FROM alembic_version") != [("0001",)]
    assert query(base / "home", "SELECT id, state FROM run ORDER BY id") == before
    assert server.call("GET", f"/api/experiments/{experiment}")["name"] == "of old"
    copies = list((base / "home" / "backups").glob("studio-0001-*.db"))
    assert copies
    copy = sqlite3.connect(copies[0])
    assert copy.execute("SELECT id, state FROM run ORDER BY id").fetchall() == before
    copy.close()
    check_database(base / "home")


def downgrade(home: Path) -> None:
    """As the first version left it: without the columns that came since."""
    connection = sqlite3.connect(home / "studio.db")
    for column in ("speed", "timings"):
        connection.execute(f"ALTER TABLE run DROP COLUMN {column}")
    connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.commit()
    connection.close()


@covers("I18")
def test_a_home_of_a_later_version_is_refused_with_a_sentence_and_left_as_it_is(serve: Serve, base: Path) -> None:
    connection = sqlite3.connect(base / "home" / "studio.db")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    before = (base / "home" / "studio.db").read_bytes()

    server = serve()

    assert server.process.wait(60) == 1
    assert "later version (9999)" in server.output.read_text()
    assert "Traceback" not in server.output.read_text()
    assert (base / "home" / "studio.db").read_bytes() == before
