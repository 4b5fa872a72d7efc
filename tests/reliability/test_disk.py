"""Full, failing, tiny and read-only disks: told with numbers, nothing earlier lost, and the way back open."""

import os
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.reliability.harness import (
    Server,
    check_database,
    copy_home,
    end_all,
    fill,
    mounted,
    require_strace,
    tmpfs,
    under_strace,
    wait_for,
)
from tests.support.requirements import covers

pytestmark = pytest.mark.trust
LONG = 100_000
OCTETS: dict[str, Any] = {"Content_Type": "application/octet-stream"}


def begin(disk: Path, template: Path, tmp_path: Path, **options: Any) -> Server:
    """A server whose home lies on a disk of its own; its orders and its output do not."""
    copy_home(template, tmp_path)
    shutil.move(tmp_path / "home", disk / "home")
    return Server(disk / "home", base=tmp_path, **options)


@covers("F30", "F32", "I20")
def test_a_full_disk_refuses_with_numbers_and_frees_the_way_to_delete(template: Path, tmp_path: Path) -> None:
    """Reads go on, uploads and changes are 507, deleting works at once, and then everything does, without a restart."""
    with tmpfs(tmp_path / "disk", "400m") as disk:
        server = begin(disk, template, tmp_path).ready()
        try:
            assert (server.home / "ballast").stat().st_size == 64 << 20
            server.order(steps=3)
            experiment, id = server.start()
            server.await_state(id, "finished")
            (server.home / "runs" / id / "checkpoints" / "large").write_bytes(b"\1" * (32 << 20))
            fill(disk)

            announced = server.ask("POST", "/api/uploads", {"name": "a.zip", "size": 100 << 20})
            answers = [server.ask("PUT", "/api/preferences", {"smoothing": float(turn)}) for turn in range(40)]

            assert (announced[0], announced[1]["error"]["code"]) == (507, "disk_full")
            assert "MB" in announced[1]["error"]["message"]
            refused = [found for status, found in answers if status != 200]
            assert {status for status, _ in answers} <= {200, 507}
            assert all("MB are free" in found["error"]["message"] for found in refused)
            assert server.run(id)["state"] == "finished"
            assert server.ask("DELETE", f"/api/experiments/{experiment}")[0] == 200
            (disk / "filler").unlink()
            server.call("PUT", "/api/preferences", {"smoothing": 0.5})
            assert server.call("GET", "/api/preferences")["smoothing"] == 0.5
        finally:
            end_all([server])
        check_database(server.home)


@covers("F31", "I20")
def test_on_a_completely_full_disk_the_server_starts_lists_and_deletes(template: Path, tmp_path: Path) -> None:
    with tmpfs(tmp_path / "disk", "400m") as disk:
        first = begin(disk, template, tmp_path).ready()
        first.order(steps=3)
        experiment, id = first.start()
        first.await_state(id, "finished")
        first.kill()
        fill(disk)
        assert shutil.disk_usage(disk).free == 0

        second = Server(first.home, base=tmp_path).ready()
        try:
            assert not (second.home / "ballast").exists()
            assert second.call("GET", "/api/experiments")["total"] == 1
            assert second.ask("DELETE", f"/api/experiments/{experiment}")[0] == 200
            assert second.call("GET", "/api/experiments")["total"] == 0
        finally:
            end_all([second])
        check_database(second.home)


@covers("F32")
def test_an_upload_that_meets_the_end_of_the_disk_is_refused_and_goes_on_after_room_is_made(
    template: Path, tmp_path: Path
) -> None:
    with tmpfs(tmp_path / "disk", "120m") as disk:
        server = begin(disk, template, tmp_path).ready()
        try:
            data = os.urandom(24 << 20)
            upload = server.call("POST", "/api/uploads", {"name": "a.zip", "size": len(data)})["id"]
            filler = fill(disk, leave=8 << 20)

            status, found = server.ask("PUT", f"/api/uploads/{upload}?offset=0", data=data, **OCTETS)

            assert (status, found["error"]["code"]) == (507, "disk_full")
            filler.unlink()
            offset = server.call("GET", f"/api/uploads/{upload}")["offset"]
            done = server.call("PUT", f"/api/uploads/{upload}?offset={offset}", data=data[offset:], **OCTETS)
            assert done["offset"] == len(data)
            assert (server.home / "uploads" / upload).read_bytes() == data
        finally:
            end_all([server])


@covers("F33")
def test_a_full_folder_for_temporary_files_does_not_stand_in_the_way_of_an_upload(
    template: Path, tmp_path: Path
) -> None:
    """Uploads and exports are written where they stay, so a full TMPDIR is no 400 and no 507: it is not used at all."""
    with tmpfs(tmp_path / "temporary", "8m") as temporary:
        fill(temporary)
        copy_home(template, tmp_path)
        server = Server(tmp_path / "home", TMPDIR=str(temporary)).ready()
        try:
            data = os.urandom(16 << 20)
            upload = server.call("POST", "/api/uploads", {"name": "a.zip", "size": len(data)})["id"]
            done = server.call("PUT", f"/api/uploads/{upload}?offset=0", data=data, **OCTETS)
            assert done["offset"] == len(data)
        finally:
            end_all([server])


@covers("F34")
def test_a_disk_that_holds_no_more_files_is_named_and_the_partial_import_removed(
    template: Path, tmp_path: Path
) -> None:
    image = tmp_path / "image"
    with image.open("wb") as file:
        file.truncate(96 << 20)
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("mkfs.ext4 is not installed")
    subprocess.run(["mkfs.ext4", "-q", "-N", "700", str(image)], check=True)
    archive = tmp_path / "many.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("train.csv", "text,label\n" + "".join(f"{number},a\n" for number in range(1500)))
        for number in range(1500):
            packed.writestr(f"files/{number}.txt", "x")
    with mounted(tmp_path / "disk", "-o", "loop", str(image)) as disk:
        server = begin(disk, template, tmp_path).ready()
        try:
            data = archive.read_bytes()
            upload = server.call("POST", "/api/uploads", {"name": "many.zip", "size": len(data)})["id"]
            server.call("PUT", f"/api/uploads/{upload}?offset=0", data=data, **OCTETS)
            status, draft = server.ask("POST", "/api/imports", {"upload_id": upload})
            if status < 300:
                path = f"/api/imports/{draft['id']}"
                draft = wait_for(
                    lambda: found if (found := server.call("GET", path))["state"] == "failed" else None, 60
                )
            assert draft["error"]["code"] == "disk_full"
            assert "files" in draft["error"]["message"] or "inodes" in draft["error"]["message"]
            assert os.statvfs(disk).f_ffree > 100
        finally:
            end_all([server])


@covers("F35")
def test_a_limit_of_file_sizes_is_named_and_the_server_goes_on(template: Path, tmp_path: Path) -> None:
    """Of an upload; of a checkpoint: test_worker_causes.py."""
    if shutil.which("prlimit") is None:
        pytest.skip("prlimit is not installed")
    copy_home(template, tmp_path)
    server = Server(tmp_path / "home", prefix=["prlimit", f"--fsize={8 << 20}"]).ready()
    try:
        data = os.urandom(12 << 20)
        upload = server.call("POST", "/api/uploads", {"name": "a.zip", "size": len(data)})["id"]
        status, found = server.ask("PUT", f"/api/uploads/{upload}?offset=0", data=data, **OCTETS)

        assert (status, found["error"]["code"]) == (507, "file_size_limit")
        assert server.call("GET", f"/api/uploads/{upload}")["offset"] <= 8 << 20
    finally:
        end_all([server])


@covers("F36", "I16")
def test_a_disk_that_becomes_read_only_is_told_and_the_server_reads_on(template: Path, tmp_path: Path) -> None:
    """ext4 turns read-only by an error that is triggered; mounted anew, everything acknowledged is there."""
    image = tmp_path / "image"
    with image.open("wb") as file:
        file.truncate(128 << 20)
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("mkfs.ext4 is not installed")
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    with mounted(tmp_path / "disk", "-o", "loop,errors=remount-ro", str(image)) as disk:
        server = begin(disk, template, tmp_path).ready()
        try:
            server.call("PUT", "/api/preferences", {"smoothing": 0.25})
            server.order(steps=LONG)
            _, id = server.start()
            server.await_step(id, 3)
            source = subprocess.run(
                ["findmnt", "-n", "-o", "SOURCE", str(disk)], capture_output=True, text=True, check=True
            )
            trigger = Path("/sys/fs/ext4") / Path(source.stdout.strip()).name / "trigger_fs_error"
            if not trigger.exists():
                pytest.skip("this kernel cannot make ext4 fail on demand")
            trigger.write_text("1")

            status, found = server.ask("PUT", "/api/preferences", {"smoothing": 0.5})

            assert (status, found["error"]["code"]) in {(503, "read_only"), (503, "disk_error")}
            assert server.call("GET", "/api/experiments")["total"] == 1
            assert server.call("GET", "/api/preferences")["smoothing"] == 0.25
        finally:
            end_all([server])
    with mounted(tmp_path / "disk", "-o", "loop", str(image)) as disk:
        again = Server(disk / "home", base=tmp_path).ready()
        try:
            assert again.call("GET", "/api/preferences")["smoothing"] == 0.25
            assert again.await_state(id, "lost", "failed")["error"]["message"]
        finally:
            end_all([again])
        check_database(disk / "home")


@covers("F37", "I16", "I15")
def test_a_sync_that_fails_refuses_the_change_and_the_next_one_works(template: Path, tmp_path: Path) -> None:
    """Injected into every tenth sync of each thread; what was answered with 200 is there after a kill."""
    require_strace()
    copy_home(template, tmp_path)
    server = Server(tmp_path / "home", prefix=under_strace("fsync,fdatasync:error=EIO:when=10+10")).ready()
    kept = None
    seen = set()
    try:
        for turn in range(60):
            status, found = server.ask("PUT", "/api/preferences", {"smoothing": turn / 100})
            seen.add(status)
            if status == 200:
                kept = turn / 100
            else:
                assert found["error"]["code"] == "disk_error"
                assert server.call("GET", "/api/preferences").get("smoothing") == kept
        server.kill()
    finally:
        end_all([server])

    assert seen == {200, 503}
    check_database(tmp_path / "home")
    again = Server(tmp_path / "home").ready()
    try:
        assert again.call("GET", "/api/preferences")["smoothing"] == kept
    finally:
        end_all([again])


@covers("F41", "I27")
def test_a_damaged_database_is_refused_with_the_way_back_and_left_as_it_is(template: Path, tmp_path: Path) -> None:
    home = copy_home(template, tmp_path)
    with (home / "studio.db").open("r+b") as file:
        file.seek(4096 * 4)
        file.write(b"\xa5" * 4096)
    before = (home / "studio.db").read_bytes()

    server = Server(home)

    assert server.process.wait(60) == 1
    told = server.output.read_text()
    assert "damaged" in told
    assert "studio-daily-" in told  # the copy that the template's server made
    assert "Traceback" not in told
    assert (home / "studio.db").read_bytes() == before
    # The way it names works.
    copy = next((home / "backups").glob("studio-daily-*.db"))
    for name in ("studio.db", "studio.db-wal", "studio.db-shm"):
        (home / name).unlink(missing_ok=True)
    shutil.copy(copy, home / "studio.db")
    again = Server(home).ready()
    end_all([again])


@covers("F42")
def test_a_lost_log_of_changes_is_noticed_and_said(template: Path, tmp_path: Path) -> None:
    home = copy_home(template, tmp_path)
    first = Server(home).ready()
    first.order(steps=3)
    _, id = first.start()
    first.await_state(id, "finished")
    first.kill()
    assert (home / "studio.db-wal").stat().st_size > 0
    for name in ("studio.db-wal", "studio.db-shm"):
        (home / name).unlink()

    second = Server(home).ready()
    try:
        told = wait_for(lambda: "older than the folders" in second.output.read_text() and second.output.read_text())
        assert id in told
        [notice] = second.call("GET", "/api/me")["notices"]  # every page shows it
        assert (notice["code"], notice["examples"]) == ("lost_changes", [id])
        assert "restore a backup" in notice["fix"]
        assert (home / "runs" / id / "events.jsonl").exists()  # nothing of it was removed
    finally:
        end_all([second])
