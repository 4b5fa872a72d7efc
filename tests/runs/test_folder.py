import subprocess
import sys
from pathlib import Path

from studio.runs.folder import RunFolder, RunLock, is_run_alive
from studio.runs.naming import propose_name
from studio.runs.spec import RunSpec


def test_a_run_lives_as_long_as_its_process_holds_the_lock(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run")
    code = (
        "import sys\nfrom pathlib import Path\nfrom studio.runs.folder import RunFolder, RunLock\n"
        "lock = RunLock(RunFolder(Path(sys.argv[1])))\nprint(lock.acquire(), flush=True)\nsys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"

        assert is_run_alive(folder)
        assert not RunLock(folder).acquire()

        holder.kill()
        holder.wait()

    assert not is_run_alive(folder)


def test_a_folder_without_a_lock_is_not_alive(tmp_path: Path) -> None:
    assert not is_run_alive(RunFolder(tmp_path))


def test_folders_are_private(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run")

    assert all(path.stat().st_mode & 0o077 == 0 for path in [folder.path, *folder.path.rglob("*")])


def test_an_order_survives_its_file(tmp_path: Path) -> None:
    spec = RunSpec(run_id="r1", problem_type="image_classification", settings={"training": {"epochs": 2}}, devices=(1,))

    spec.write(tmp_path)

    assert RunSpec.read(tmp_path) == spec


def test_names_are_not_taken() -> None:
    taken: set[str] = set()
    for _ in range(300):
        name = propose_name(taken)
        assert name not in taken
        taken.add(name)
