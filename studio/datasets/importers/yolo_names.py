"""Names of YOLO's classes: `names` of `data.yaml`, or `classes.txt`, one name a line."""

import re
from pathlib import Path

from studio.datasets.formatting import listed
from studio.datasets.importers.upload import Upload
from studio.errors import DatasetError, YamlError
from studio.files import read_head
from studio.settings.yaml_text import MAX_BYTES, read_yaml

NAME_FILES = ("classes.txt", "obj.names", "labels.names", "predefined_classes.txt")
_INDEX = re.compile(r"\d{1,9}$")
_NAMES = "a list named names, one name per class"


def names_file(upload: Upload) -> str | None:
    """The file that names classes, if there is one; YAML before lists, the shallow one first."""
    files = [path for path in upload.with_ending(".yaml", ".yml") if b"names" in _small(upload.files / path)]
    files += [path for path in upload.with_ending(*NAME_FILES) if path.rpartition("/")[2].lower() in NAME_FILES]
    return min(files, key=lambda path: (not path.lower().endswith((".yaml", ".yml")), path.count("/")), default=None)


def _small(path: Path) -> bytes:
    return read_head(path, MAX_BYTES)


def class_names(upload: Upload) -> dict[int, str] | None:
    """Names by index; None if there is no file of names."""
    path = names_file(upload)
    if path is None:
        return None
    if path.lower().endswith((".yaml", ".yml")):
        try:
            names = read_yaml(_small(upload.files / path)).values.get("names")
        except YamlError as error:
            raise DatasetError(
                f"{path}: {error.message}",
                hint=error.hint,
                code="yolo_names",
                found=f"YAML that cannot be read in line {error.line}" if error.line else "YAML that cannot be read",
                expected=_NAMES,
            ) from None
        pairs = list(names.items()) if isinstance(names, dict) else list(enumerate(names or ()))
    else:
        text = _small(upload.files / path).decode("utf-8-sig", errors="replace")
        pairs = list(enumerate(line.strip() for line in text.rstrip().splitlines()))
    if not pairs or any(not _INDEX.match(str(index)) or isinstance(name, dict | list) for index, name in pairs):
        raise DatasetError(
            f"{path} has no list of class names.",
            hint="Write names: [first, second].",
            code="yolo_names",
            found=listed((f"{index}: {name}" for index, name in pairs), 2) or "no names",
            expected=_NAMES,
        )
    return {int(index): str(name).strip() for index, name in pairs}
