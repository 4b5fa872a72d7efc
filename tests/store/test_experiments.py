"""Lists of experiments: filtered, sorted, and read through an index however many there are."""

from collections.abc import Callable

import pytest
from sqlalchemy import event, insert, text

from studio.errors import ConflictError, NotFoundError, StudioError
from studio.store.experiments import SORT_COLUMNS, ExperimentQuery, ExperimentRow
from studio.store.store import Store
from studio.store.tables import experiment

Add = Callable[..., ExperimentRow]


def names(store: Store, **query: object) -> list[str]:
    return [row.name for row in store.experiments.page(ExperimentQuery(**query))[1]]


def test_filters_narrow_and_sorting_orders(store: Store, add_experiment: Add) -> None:
    add_experiment("alpha", created=1.0, tags=("blue",))
    add_experiment("beta", created=2.0, tags=("blue", "red"))
    add_experiment("gamma", created=3.0, archived=True)

    assert names(store) == ["beta", "alpha"]
    assert names(store, sort="name") == ["alpha", "beta"]
    assert names(store, text="LPH") == ["alpha"]
    assert names(store, text="%") == []
    assert names(store, tag="red") == ["beta"]
    assert names(store, archived=True) == ["gamma"]
    assert names(store, state="finished") == []
    assert names(store, limit=1, offset=1) == ["alpha"]
    with pytest.raises(StudioError, match="sorted"):
        names(store, sort="; drop table run")


def test_a_search_looks_at_names_tags_and_notes(store: Store, add_experiment: Add) -> None:
    add_experiment("exp-1", name="alpha", created=1.0, tags=("baseline", "old"))
    add_experiment("exp-2", name="beta", created=2.0, notes="Warm-up as in the baseline.")
    add_experiment("exp-3", name="baseline again", created=3.0)
    add_experiment("exp-4", name="gamma", created=4.0, tags=("100%",))

    assert names(store, text="Baseline") == ["baseline again", "beta", "alpha"]
    assert names(store, text="%") == ["gamma"]


def test_a_name_is_taken_once_whatever_its_case(store: Store, add_experiment: Add) -> None:
    add_experiment("exp-1", name="Clothes")

    with pytest.raises(ConflictError, match="already"):
        add_experiment("exp-2", name="clothes")


def test_an_unknown_name_lists_the_nearest(store: Store, add_experiment: Add) -> None:
    add_experiment("exp-1", name="clothing")

    with pytest.raises(NotFoundError) as caught:
        store.experiments.get("cloting")

    assert "clothing" in caught.value.hint


def test_a_deleted_experiment_frees_its_name_at_once(store: Store, add_experiment: Add) -> None:
    add_experiment("exp-1", name="clothes")

    store.experiments.soft_delete("exp-1", 5.0)

    add_experiment("exp-2", name="clothes")
    assert names(store) == ["clothes"]
    assert store.experiments.soft_deleted() == ["exp-1"]


UNINDEXED = ("state", "problem_type", "dataset", "duration")


@pytest.mark.parametrize("sort", [f"-{name}" for name in SORT_COLUMNS if name not in UNINDEXED])
def test_the_list_of_ten_thousand_is_read_through_an_index(store: Store, add_experiment: Add, sort: str) -> None:
    template = vars(add_experiment("exp-0"))
    kept = {key: value for key, value in template.items() if key in experiment.c}
    rows = [{**kept, "id": f"exp-{n}", "name": f"name {n}", "created": float(n)} for n in range(1, 10_000)]
    with store.database.write() as connection:
        connection.execute(insert(experiment), rows)
        connection.execute(text("ANALYZE"))
    statements: list[tuple[str, object]] = []

    with store.database.read() as connection:
        event.listen(
            connection.engine, "before_cursor_execute", lambda *seen: statements.append((seen[2], seen[3])), named=False
        )
    total, page = store.experiments.page(ExperimentQuery(sort=sort, limit=50))

    listing = next(one for one in statements if "LIMIT" in one[0])
    with store.database.read() as connection:
        plan = " | ".join(
            str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {listing[0]}", listing[1])
        )
    assert (total, len(page)) == (10_000, 50)
    assert "USING INDEX" in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize("sort", [sign + name for name in SORT_COLUMNS for sign in ("", "-")])
def test_pages_of_equal_experiments_show_each_of_them_once(store: Store, add_experiment: Add, sort: str) -> None:
    ids = [add_experiment(f"exp-{number}", state="finished", started=1.0, ended=2.0).id for number in range(25)]

    pages = [store.experiments.page(ExperimentQuery(sort=sort, limit=10, offset=offset))[1] for offset in (0, 10, 20)]

    assert sorted(row.id for page in pages for row in page) == sorted(ids)


def test_experiments_are_sorted_by_their_duration(store: Store, add_experiment: Add) -> None:
    add_experiment("exp-short", state="finished", started=100.0, ended=101.0)
    add_experiment("exp-long", state="finished", started=50.0, ended=90.0)
    add_experiment("exp-running", state="running", started=60.0)
    add_experiment("exp-queued", state="queued")

    rising, falling = (store.experiments.page(ExperimentQuery(sort=f"{sign}duration"))[1] for sign in ("", "-"))

    assert [row.id for row in rising] == ["exp-short", "exp-long", "exp-running", "exp-queued"]
    assert [row.id for row in falling] == ["exp-running", "exp-long", "exp-short", "exp-queued"]
