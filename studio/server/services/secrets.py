"""Secrets: what integrations need and nobody may read back: encrypted on disk, given only to the worker that needs it.

The key lies beside the secrets in a file of its own, both private to the owner: copies of the database, exports and
logs hold neither.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from studio.errors import StudioError
from studio.files import private_folder, write_atomic
from studio.store.ids import require_id

KEY = "key"
ENDING = ".secret"


class SecretError(StudioError):
    """A stored secret cannot be read any more."""

    code = "secret"


class Secrets:
    """The secrets of one home, by owner (an experiment's id) and name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, owner: str, values: Mapping[str, str]) -> None:
        """Store an owner's secrets in place of those it had; none stores nothing."""
        if not values:
            self.remove(owner)
            return
        private_folder(self._folder)
        write_atomic(self._path(owner), self._cipher().encrypt(json.dumps(dict(values)).encode()))
        os.chmod(self._path(owner), 0o600)

    def get(self, owner: str) -> dict[str, str]:
        """An owner's secrets, for its worker.

        Raises:
            SecretError: if the key is not the one they were stored with.
        """
        path = self._path(owner)
        if not path.is_file():
            return {}
        try:
            values: dict[str, str] = json.loads(self._cipher().decrypt(path.read_bytes()))
        except InvalidToken as error:
            raise SecretError(
                "A stored secret cannot be decrypted.", hint="Enter it again in a new experiment."
            ) from error
        return values

    def remove(self, owner: str) -> None:
        """Forget an owner's secrets."""
        self._path(owner).unlink(missing_ok=True)

    def _path(self, owner: str) -> Path:
        return self._folder / f"{require_id(owner)}{ENDING}"

    def _cipher(self) -> Fernet:
        path = self._folder / KEY
        if not path.is_file():
            write_atomic(path, Fernet.generate_key())
            os.chmod(path, 0o600)
        return Fernet(path.read_bytes())
