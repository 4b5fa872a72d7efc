"""The input cache: the same pixels, safe for many, bounded."""

import os
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.errors import TrainingError
from studio.modeling import input_cache
from studio.modeling.images.reader import Picture, read_picture
from studio.modeling.images.transforms import Boxes, inference_transforms, training_transforms
from studio.modeling.input_cache import Entry, InputCache, make_room, open_cache
from studio.modeling.recipe import Media

VARIANT = "images-9x9-3-v1"


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A folder with one picture in its media."""
    folder = tmp_path / "datasets" / "one"
    (folder / "media").mkdir(parents=True)
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / "media" / "a.png")
    return folder


def media(dataset: Path, cache: InputCache | None) -> Media:
    return Media(dataset / "media", cache=cache)


def opened(dataset: Path) -> InputCache:
    cache = open_cache(dataset, "fingerprint", 1)
    assert cache is not None
    return cache


@pytest.mark.parametrize("strategy", ["Soft", "Medium", "Hard"])
@pytest.mark.parametrize(("width", "height"), [(24, 16), (90, 80), (60, 40)])
def test_cached_pixels_are_those_of_an_uncached_pipeline(dataset: Path, strategy: str, width: int, height: int) -> None:
    transforms = training_transforms(strategy, width, height)  # type: ignore[arg-type]
    plain = transforms.image(read_picture(media(dataset, None), "a.png", 3, 1).pixels, seed=7)
    kept = media(dataset, opened(dataset))

    for _ in range(2):
        cached = transforms.image(read_picture(kept, "a.png", 3, 1, transforms.first_size).pixels, seed=7)
        assert np.array_equal(plain, cached)
    assert len([one for one in (dataset / "cache").rglob("*") if one.is_file()]) == 1


def test_boxes_and_frames_come_out_as_without_a_cache(dataset: Path) -> None:
    transforms = training_transforms("Medium", 24, 16, with_boxes=True)
    truth = np.array([[3.0, 4.0, 30.0, 39.0], [50.0, 1.0, 59.0, 10.0]])
    whole = read_picture(media(dataset, None), "a.png", 3, 1)
    small = read_picture(media(dataset, opened(dataset)), "a.png", 3, 1, transforms.first_size)

    def moved(picture: Picture) -> np.ndarray:
        boxes = Boxes(picture.scaled(truth), np.array([0, 1]))
        return transforms.image_and_boxes(picture.pixels, boxes, seed=3)[1].corners

    plain = inference_transforms(24, 16)
    assert small.size == whole.size == (60, 40)
    assert moved(small) == pytest.approx(moved(whole), abs=1e-4)
    assert small.in_file(plain.frame(small.pixels)) == pytest.approx(whole.in_file(plain.frame(whole.pixels)), abs=1e-5)


def test_only_pipelines_that_begin_with_a_resize_tell_a_size() -> None:
    assert training_transforms("Medium", 24, 16).first_size == (24, 16)
    assert training_transforms("Hard", 24, 16).first_size is None


def test_a_changed_file_is_read_again_and_a_missing_one_fails(dataset: Path) -> None:
    kept = media(dataset, opened(dataset))
    before = read_picture(kept, "a.png", 3, 1).pixels
    Image.fromarray(np.zeros((40, 60, 3), np.uint8)).save(dataset / "media" / "a.png")

    after = read_picture(kept, "a.png", 3, 1).pixels
    (dataset / "media" / "a.png").unlink()

    assert before.any()
    assert not after.any()
    with pytest.raises(TrainingError, match="Row 1"):
        read_picture(kept, "a.png", 3, 1)


@pytest.mark.parametrize("damage", [b"", b"{}\n", b"no JSON\nabc"])
def test_a_damaged_entry_is_made_again(dataset: Path, damage: bytes) -> None:
    cache = opened(dataset)
    file = dataset / "media" / "a.png"
    entry = Entry(np.arange(27, dtype=np.uint8).reshape(3, 3, 3), (60, 40))
    cache.get(file, VARIANT, lambda: entry)
    path = next(one for one in (dataset / "cache").rglob("*") if one.is_file())
    path.write_bytes(damage or path.read_bytes()[:-1])

    again = cache.get(file, VARIANT, lambda: entry)

    assert np.array_equal(again.array, entry.array)
    assert np.array_equal(cache.get(file, VARIANT, lambda: Entry(np.zeros(1, np.uint8))).array, entry.array)


def test_entries_are_private_and_leave_no_half_written_file(dataset: Path) -> None:
    cache = opened(dataset)
    file = dataset / "media" / "a.png"
    made: list[int] = []

    def make() -> Entry:
        made.append(1)
        return Entry(np.full((50, 50, 3), 7, np.uint8))

    threads = [threading.Thread(target=lambda: cache.get(file, VARIANT, make)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    files = [one for one in (dataset / "cache").rglob("*") if one.is_file()]
    assert len(files) == 1
    assert files[0].stat().st_mode & 0o777 == 0o600
    assert (dataset / "cache").stat().st_mode & 0o777 == 0o700


def test_a_spent_budget_writes_no_more(dataset: Path) -> None:
    cache = InputCache(dataset / "cache", "fingerprint", budget_bytes=100)
    file = dataset / "media" / "a.png"

    cache.get(file, "small", lambda: Entry(np.zeros((5, 5, 3), np.uint8)))
    cache.get(file, "large", lambda: Entry(np.zeros((5, 5, 3), np.uint8)))

    assert [one.name for one in (dataset / "cache").iterdir()] == ["small"]


def test_a_full_disk_ends_caching_and_not_the_run(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_cache, "disk_free_bytes", lambda folder: 0)
    cache = InputCache(dataset / "cache", "fingerprint", budget_bytes=1 << 30)

    entry = cache.get(dataset / "media" / "a.png", VARIANT, lambda: Entry(np.zeros((5, 5, 3), np.uint8)))

    assert entry.array.shape == (5, 5, 3)
    assert not (dataset / "cache").exists()
    assert open_cache(dataset, "fingerprint", 1) is None


def test_the_variants_unused_for_longest_go_first(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_cache, "MAX_BYTES", 30_000)
    file = dataset / "media" / "a.png"
    cache = opened(dataset)
    for hours, variant in ((5, "old"), (3, "middle"), (0, "new")):
        cache.get(file, variant, lambda: Entry(np.zeros((100, 100), np.uint8)))
        moment = 1e9 - hours * 3600
        os.utime(dataset / "cache" / variant, (moment, moment))

    used = make_room(dataset.parent, now=1e9)

    assert sorted(one.name for one in (dataset / "cache").iterdir()) == ["new"]
    assert used < 15_000
