"""HomeNotices: what everyone who works with a home must know of it, whichever page is open."""

from collections.abc import Sequence

from studio.datasets.formatting import gigabytes
from studio.files import disk_free_bytes
from studio.settings.finding import Finding, FindingLevel
from studio.store.damage import lost_changes
from studio.store.home import Home
from studio.store.store import Store

NAMES_SHOWN = 10
_GONE = Finding(
    code="home_gone",
    path="home",
    message="The folder of this studio, or its database, was deleted or moved. Nothing is saved any more.",
    found="no studio.db",
    expected="the folder that the studio was started on",
    fix="Stop the studio, put the folder back or restore a backup, and start it again.",
)


class HomeNotices:
    """Looks once for changes that the database lost, and at every call at the space that is left."""

    def __init__(self, home: Home, store: Store, reserve_bytes: int) -> None:
        self._home = home
        self._reserve_bytes = reserve_bytes
        self._lost = tuple(_lost_changes(home, store))
        self._left_out: tuple[Finding, ...] = ()

    def now(self) -> list[Finding]:
        """The most important one first."""
        if not self._home.database.exists():
            return [_GONE]
        return [*self._lost, *self._left_out, *self._low_disk()]

    def tell_left_out(self, steps: Sequence[str]) -> None:
        """From now on, say which steps of this start failed and were left out."""
        self._left_out = tuple(
            Finding(
                level=FindingLevel.WARNING,
                code="start_step",
                path="start",
                message=f"A step of the start failed and was left out: {step}.",
                found="an error",
                expected="no error",
                fix="See logs/server.log in the home, and start the studio again.",
            )
            for step in steps
        )

    def _low_disk(self) -> list[Finding]:
        free = disk_free_bytes(self._home.path)
        if free >= self._reserve_bytes:
            return []
        return [
            Finding(
                level=FindingLevel.WARNING,
                code="disk_low",
                path="disk",
                message=f"Only {gigabytes(free)} are free. Nothing starts and nothing can be uploaded until there "
                f"are {gigabytes(self._reserve_bytes)}.",
                found=f"{free} bytes",
                expected=f"at least {self._reserve_bytes} bytes",
                fix="Delete experiments, datasets or predictions that you no longer need.",
            )
        ]


def _lost_changes(home: Home, store: Store) -> list[Finding]:
    lost = lost_changes(home, store.runs.fences())
    if not lost:
        return []
    more = f" and {len(lost) - NAMES_SHOWN} more" if len(lost) > NAMES_SHOWN else ""
    names = ", ".join(lost[:NAMES_SHOWN]) + more
    return [
        Finding(
            code="lost_changes",
            path="studio.db",
            message=f"The database is older than the folders of some runs: {names}.",
            found="studio.db-wal was deleted, or studio.db was copied without it",
            expected="studio.db and studio.db-wal of one moment",
            fix="Stop the studio and put studio.db-wal back, or restore a backup.",
            count=len(lost),
            examples=tuple(lost[:NAMES_SHOWN]),
        )
    ]
