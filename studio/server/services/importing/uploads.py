"""Uploads: raw bytes at an offset, durable before they are counted, so that a broken one goes on where it was."""

import logging
import os
import threading
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import anyio
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect

from studio.errors import ConflictError, NotFoundError, PathError, StudioError, in_quotes
from studio.failpoints import failpoint
from studio.files import remove, require_free_space
from studio.server.lanes import Lane
from studio.server.raw_body import TooSlowError, pieces
from studio.server.recovery import for_each
from studio.server.schemas.uploads import Upload
from studio.store.drafts import UploadRow
from studio.store.home import Home
from studio.store.ids import new_id
from studio.store.store import Store

logger = logging.getLogger(__name__)
WRITE_BYTES = 4 << 20
HEARD_OUT_BYTES = 64 << 20
KEPT_SECONDS = 7 * 24 * 3600.0
ABORTED_SECONDS = 3600.0
"""An unfinished upload that got no byte for so long is taken for aborted."""
SWEEP_SECONDS = 300.0
YOUNG_SECONDS = 60.0


class OffsetError(ConflictError):
    """The bytes do not continue the upload."""

    code = "offset"

    def __init__(self, offset: int) -> None:
        super().__init__(f"The upload continues at byte {offset}.", hint="Send the bytes from there.")
        self.offset = offset


class Uploads:
    """Files on their way in."""

    def __init__(self, home: Home, store: Store, reserve_bytes: int, lane: Lane) -> None:
        self._home = home
        self._store = store
        self._reserve_bytes = reserve_bytes
        self._lane = lane
        self._busy: set[str] = set()
        self._lock = threading.Lock()
        self._is_closed = threading.Event()

    def start(self) -> None:
        """Forget what was aborted, now and from time to time."""
        self.clean()
        threading.Thread(target=self._sweep, name="uploads", daemon=True).start()

    def close(self) -> None:
        """Sweep no more."""
        self._is_closed.set()

    def create(self, name: str, size: int) -> Upload:
        """Announce a file.

        Raises:
            DiskFullError: if it does not fit beside the reserve.
        """
        require_free_space(self._home.path, size, self._reserve_bytes)
        row = UploadRow(id=new_id("up"), name=name, size=size, offset=0, created=time.time())
        self._home.upload(row.id).touch(mode=0o600)
        self._store.uploads.insert(row)
        return _view(row)

    def get(self, id: str) -> Upload:
        """How much of a file is here."""
        return _view(self._store.uploads.get(id))

    def path(self, id: str) -> Path:
        """A complete file.

        Raises:
            ConflictError: if bytes are missing.
        """
        row = self._store.uploads.get(id)
        if row.offset != row.size:
            raise ConflictError(
                f"{row.size - row.offset:,} bytes of {in_quotes(row.name)} are still missing.",
                hint="Finish the upload first.",
            )
        return self._home.upload(id)

    async def append(self, id: str, offset: int, chunks: AsyncIterator[bytes]) -> Upload:
        """Write bytes from an offset; what was written before a break is kept.

        Nothing here waits for the disk or the database in the server's one thread for all connections.

        Raises:
            OffsetError: if the upload is elsewhere, or somebody else sends the same one.
            NotFoundError: if there is none, or it is deleted while it is sent.
            TooSlowError: if the sender stops sending.
        """
        row = await self._lane.run(lambda: self._store.uploads.get(id))
        if row.offset != offset or not self._enter(id):
            raise OffsetError(row.offset)
        try:
            file = await self._lane.run(lambda: _open(self._home.upload(id), offset))
            written = offset
            try:
                async for block in blocks(pieces(chunks), row.size - offset):
                    await self._lane.run(lambda block=block, at=written: self._write(id, file, block, at))  # type: ignore[misc]
                    written += len(block)
            except (StudioError, OSError) as error:
                if not isinstance(error, TooSlowError):
                    await _hear_out(chunks)
                raise
            finally:
                # Also when the sender went away or the server ends: what is durable counts.
                with anyio.CancelScope(shield=True):
                    await self._lane.run(lambda: self._settle(id, file, written))
        finally:
            self._leave(id)
        return _view(UploadRow(row.id, row.name, row.size, written, row.created))

    def _write(self, id: str, file: int, data: bytes, offset: int) -> None:
        with self._lock:
            if id not in self._busy:
                raise NotFoundError(f"The upload {in_quotes(id)} was deleted.", hint="Start the upload again.")
        self.require_space(len(data))
        view = memoryview(data)
        while view:
            count = os.pwrite(file, view, offset)
            view, offset = view[count:], offset + count

    def _settle(self, id: str, file: int, written: int) -> None:
        """Make the bytes durable, then count them."""
        try:
            os.fsync(file)
        finally:
            os.close(file)
        failpoint("upload_durable")
        if not self._store.uploads.advance(id, written):
            raise NotFoundError(f"The upload {in_quotes(id)} was deleted.", hint="Start the upload again.")

    def delete(self, id: str) -> None:
        """Forget a file; whoever is sending it is told so."""
        self._store.uploads.get(id)
        self._store.uploads.delete(id)
        self._leave(id)
        with suppress(PathError):  # what is no id of ours has no file
            remove(self._home.upload(id))

    def clean(self) -> None:
        """Forget old uploads, aborted ones, and files that no upload knows."""
        # A folder in the place of a file is somebody else's; it is left alone unless an upload has its name.
        files = {path.name: path for path in (self._home.path / "uploads").iterdir()}
        rows = {row.id: row for row in self._store.uploads.all()}
        for_each(
            "upload",
            rows.values(),
            lambda row: self._forget_old(row, files.get(row.id)),
            lambda row, _: self._store.uploads.delete(row.id),
        )
        unknown = [path for name, path in files.items() if name not in rows and path.is_file()]
        for_each("file of an upload", unknown, _remove_old, lambda path, error: None)

    def _forget_old(self, row: UploadRow, file: Path | None) -> None:
        touched = file.lstat().st_mtime if file is not None else row.created
        is_aborted = row.offset < row.size and touched < time.time() - ABORTED_SECONDS
        if (is_aborted or row.created < time.time() - KEPT_SECONDS) and self._enter(row.id):
            try:
                self.delete(row.id)
            finally:
                self._leave(row.id)

    def _sweep(self) -> None:
        while not self._is_closed.wait(SWEEP_SECONDS):
            try:
                self.clean()
            except (OSError, SQLAlchemyError):
                logger.exception("Old uploads could not be removed.")

    def require_space(self, size_bytes: int) -> None:
        """Check the free space before more is written."""
        require_free_space(self._home.path, size_bytes, self._reserve_bytes)

    def _enter(self, id: str) -> bool:
        with self._lock:
            if id in self._busy:
                return False
            self._busy.add(id)
            return True

    def _leave(self, id: str) -> None:
        with self._lock:
            self._busy.discard(id)


def _remove_old(file: Path) -> None:
    """One that was made this minute may be about to be known."""
    if file.lstat().st_mtime < time.time() - YOUNG_SECONDS:
        file.unlink(missing_ok=True)


async def _hear_out(chunks: AsyncIterator[bytes]) -> None:
    """Take what is still on its way: closed amidst its sending, a connection loses the answer that says why."""
    heard = 0
    async for chunk in chunks:
        heard += len(chunk)
        if heard > HEARD_OUT_BYTES:
            break


def _open(path: Path, offset: int) -> int:
    """The file of an upload, cut to what is durable."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
    except (FileNotFoundError, IsADirectoryError):
        raise NotFoundError("The bytes of this upload are gone.", hint="Start the upload again.") from None
    os.ftruncate(file, offset)
    return file


async def blocks(chunks: AsyncIterator[bytes], most: int) -> AsyncIterator[bytes]:
    """The bytes that came, in blocks worth a write; also those before a break.

    Raises:
        ConflictError: if more come than were announced.
    """
    pending = bytearray()
    try:
        async for chunk in chunks:
            most -= len(chunk)
            if most < 0:
                raise ConflictError(
                    "More bytes came than were announced.",
                    hint="Start the upload again with the right size.",
                    code="too_large",
                )
            pending += chunk
            if len(pending) >= WRITE_BYTES:
                yield bytes(pending)
                pending.clear()
    except (ClientDisconnect, TooSlowError):
        yield bytes(pending)
        raise
    yield bytes(pending)


def _view(row: UploadRow) -> Upload:
    return Upload(id=row.id, name=row.name, size=row.size, offset=row.offset)
