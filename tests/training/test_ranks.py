"""Further processes of a run: what one fails with is what the run fails with."""

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys, time
from pathlib import Path
from studio.errors import DatasetError
from studio.runs.folder import RunFolder
from studio.training.processes.ranks import fork_ranks

def work(rank):
    if rank == 2:
        raise DatasetError("Row 7 is damaged.", hint="Import again.", code="data")
    time.sleep(60)

ranks = fork_ranks(RunFolder(Path(sys.argv[1])), 3, work)
error = ranks.cause(RuntimeError("Connection closed by peer"))
print(type(error).__name__, error.code, error.message, error.hint, sep="|")
ranks.close()
print(len(ranks.living))
"""


def test_the_cause_of_a_broken_connection_is_the_failure_of_the_other_process(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, check=True, timeout=50
    )

    assert done.stdout.splitlines() == ["TrainingError|data|Row 7 is damaged.|Import again.", "0"]
    assert "DatasetError" in done.stderr
