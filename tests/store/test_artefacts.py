"""What runs leave in the database: their log, read from either end."""

from collections.abc import Callable

from sqlalchemy import insert

from studio.store.runs import RunRow
from studio.store.store import Store
from studio.store.tables import log_line


def test_a_log_is_read_backwards_page_by_page(store: Store, add_run: Callable[..., RunRow]) -> None:
    add_run()
    lines = [{"run_id": "run-1", "n": n, "time": 1.0, "level": "info", "text": f"{n}"} for n in range(1, 26)]
    with store.database.write() as connection:
        connection.execute(insert(log_line), lines)

    before, seen = None, []
    while True:
        page, total = store.artefacts.log("run-1", limit=10, before=before, is_end=True)
        if not page:
            break
        seen = [line.n for line in page] + seen
        before = page[0].n
        assert total == 25

    assert seen == list(range(1, 26))
