"""ImportSources: which files and folders of this machine may be imported from, and the one way to open them."""

from pathlib import Path

from studio.errors import PathError, in_quotes
from studio.files import open_source, resolve_inside
from studio.store.home import Home


class ImportSources:
    """Folders named at the start, single files that a command of this account names, and the home itself."""

    def __init__(self, home: Home, roots: tuple[Path, ...]) -> None:
        self._home = home
        self.roots = [root.resolve() for root in roots]

    def allow(self, root: Path) -> None:
        """Let the contents of one more folder, or one more file, be imported by path."""
        self.roots.append(root.resolve())

    def inside(self, text: str) -> Path:
        """The path that a request names, if it is inside a root.

        Raises:
            PathError: if it is not, or is not there.
        """
        path = Path(text)
        if path.is_absolute() and ".." not in path.parts and "\x00" not in text:
            for root in self.roots:
                if path == root:
                    return root
                if path.is_relative_to(root):
                    return resolve_inside(root, str(path.relative_to(root)))
        raise PathError(
            f"{in_quotes(text)} is not inside a folder that may be imported from.",
            hint="Upload the file, or start the server with --import-root for its folder.",
        )

    def open(self, text: str) -> int:
        """A descriptor of a source, opened through no link; what is judged and what is read are one.

        Raises:
            PathError: if it is gone, a link, or in no folder that may be imported from any more.
        """
        source = Path(text)
        for root in (*self.roots, self._home.path):
            if source.is_relative_to(root):
                return open_source(root, source)
        raise PathError(
            f"{in_quotes(source.name)} is in no folder that may be imported from any more.",
            hint="Start the server with --import-root for its folder, or upload the file.",
        )
