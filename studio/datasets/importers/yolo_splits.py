"""Splits of YOLO: what `data.yaml` says of train, val and test (folders or lists), and lists such as `train.txt`."""

from collections.abc import Iterator

from studio.datasets.dataset import TableRole
from studio.datasets.importers.file_names import Parts, parts_of, stem_of
from studio.datasets.importers.upload import Upload
from studio.datasets.uploads.roles import role_by_name, role_by_path
from studio.errors import YamlError
from studio.files import read_head
from studio.settings.yaml_text import MAX_BYTES, read_yaml

_KEYS = ("train", "training", "val", "valid", "validation", "test")


def splits_of(upload: Upload) -> dict[str, TableRole]:
    """Image -> split, for images that are named so; `data.yaml` comes before lists."""
    splits: dict[str, TableRole] = {}
    for role, place in _places(upload):
        for image in _images_at(upload, place):
            splits.setdefault(image, role)
    for path in upload.with_ending(".txt"):
        listed = None if upload.images.has_stem(stem_of(parts_of(path)[-1])) else role_by_path(path.rpartition("/")[2])
        if listed is not None:
            for image in _listed(upload, path):
                splits.setdefault(image, listed)
    return splits


def key_point_numbers(upload: Upload) -> int:
    """How many numbers of a line tell its key points (`kpt_shape`); 0 where `data.yaml` speaks of none."""
    for values in _documents(upload):
        shape = values.get("kpt_shape")
        if isinstance(shape, list) and len(shape) == 2 and all(isinstance(one, int) and one > 0 for one in shape):
            return int(shape[0] * shape[1])
    return 0


def _places(upload: Upload) -> Iterator[tuple[TableRole, str]]:
    """What `data.yaml` names as a split: folders, or lists of images."""
    for values in _documents(upload):
        for key in _KEYS:
            named = values.get(key)
            role = role_by_name(key)
            for place in named if isinstance(named, list) else [named]:
                if role is not None and isinstance(place, str) and place.strip():
                    yield role, place


def _documents(upload: Upload) -> Iterator[dict[str, object]]:
    for path in upload.with_ending(".yaml", ".yml"):
        try:
            yield read_yaml(read_head(upload.files / path, MAX_BYTES)).values
        except YamlError:
            continue


def _images_at(upload: Upload, place: str) -> Iterator[str]:
    """The images of a list, or those below the folder whose path ends as the place does, or begins so."""
    if place.lower().endswith(".txt"):
        lists = [path for path in upload.with_ending(".txt") if parts_of(path)[-1:] == parts_of(place)[-1:]]
        for path in lists:
            yield from _listed(upload, path)
        return
    wanted = parts_of(place)
    for image in upload.images.paths:
        if _holds(parts_of(image)[:-1], wanted):
            yield image


def _holds(folders: Parts, wanted: Parts) -> bool:
    """Whether these folders stand in a path, one after another."""
    return any(folders[at : at + len(wanted)] == wanted for at in range(len(folders) - len(wanted) + 1))


def _listed(upload: Upload, path: str) -> Iterator[str]:
    for line in (upload.files / path).read_text("utf-8-sig", errors="replace").splitlines():
        if line.strip() and (image := upload.images.named(line, path)) is not None:
            yield image
