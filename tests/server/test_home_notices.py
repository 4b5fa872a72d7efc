"""What everyone must know of a home comes with every session."""

from typing import Any

from studio.runs.spec import RunSpec, WorkerKind
from studio.server.services.home_notices import HomeNotices
from studio.store.home import Home
from studio.store.store import Store
from tests.support.requirements import covers


def test_a_sound_home_with_room_has_none(home: Home, store: Store) -> None:
    assert HomeNotices(home, store, reserve_bytes=0).now() == []


def test_less_room_than_the_reserve_is_told_with_numbers(home: Home, store: Store) -> None:
    [notice] = HomeNotices(home, store, reserve_bytes=1 << 60).now()

    assert notice.code == "disk_low"
    assert "GB are free" in notice.message
    assert notice.found.endswith("bytes")
    assert notice.fix


def test_lost_changes_come_first_and_name_the_runs(home: Home, store: Store) -> None:
    for number in range(12):
        folder = home.worker_folder(WorkerKind.TRAIN, f"run-{number:02d}")
        folder.mkdir(parents=True)
        RunSpec(run_id=folder.name, problem_type="", fence=1).write(folder)

    lost, low = HomeNotices(home, store, reserve_bytes=1 << 60).now()

    assert (lost.code, low.code) == ("lost_changes", "disk_low")
    assert (lost.count, lost.examples[0], len(lost.examples)) == (12, "run-00", 10)
    assert lost.message.endswith("run-09 and 2 more.")


@covers("F144")
def test_f144_a_home_that_was_deleted_is_told_and_takes_nothing(server: Any) -> None:
    home = server.studio.home.path
    kept = home.rename(home.with_name("moved"))

    answers = [
        server.api.post("/api/uploads", json={"name": "a.csv", "size": 3}),
        server.api.put("/api/preferences", json={"theme": "dark"}),
        server.api.get("/api/experiments"),
    ]
    [notice] = server.api.get("/api/me").json()["notices"]
    kept.rename(home)

    assert [one.status_code for one in answers] == [503] * 3
    assert all("deleted" in one.json()["error"]["message"] for one in answers)
    assert notice["code"] == "home_gone"
    assert server.api.get("/api/me").json()["notices"] == []
