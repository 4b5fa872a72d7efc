"""Adding a medium is one new file: one that only this test knows is imported, checked, previewed and shown."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import studio
from studio.datasets.dataset import preview_name
from studio.datasets.media.reader import MediaReader
from studio.datasets.media.readers.audio import READER as AUDIO_READER
from studio.datasets.media.readers.image import READER as IMAGE_READER
from studio.datasets.media.readers.volume import READER as VOLUME_READER
from studio.datasets.media.registry import (
    is_shown_by_browsers,
    media_endings,
    media_reader,
    media_readers,
    reader_of,
    registered,
)
from studio.datasets.profile import DatasetProfile
from studio.errors import NotFoundError
from studio.importing.build import ImportOrder, make_dataset
from studio.problems.composition import compose
from studio.problems.image_regression.spec import PROBLEM_TYPE
from studio.problems.inputs.image import IMAGE
from studio.problems.tasks.regression import REGRESSION
from studio.results.prediction import ROW
from studio.results.sample_view import SampleView, media_path
from studio.runs.spec import RunSpec, WorkerKind
from studio.training.failures.input_sizes import input_words, larger_inputs, smaller_inputs
from tests.datasets.conftest import Quiet
from tests.datasets.tone import READER, SECONDS, write_tone


@pytest.fixture
def tones() -> Iterator[MediaReader[Any]]:
    """The studio with one more medium."""
    with registered(READER):
        yield READER


def view(row: Any, roles: Any, media_folder: str, truth: Any) -> SampleView:
    name = str(row[roles["image_column"]])
    media = READER.reference(media_path(name, media_folder), row)
    return SampleView(row=int(row[ROW]), title=name, media=media, truth=truth)


TONE_REGRESSION = compose(
    "tone_regression",
    "Tone regression",
    "Predicts a number from a tone.",
    input=replace(IMAGE, profile=lambda inspection: DatasetProfile(), view=view, medium="tone"),
    task=REGRESSION,
    make_example=PROBLEM_TYPE.make_example,
    example_title="Tones",
    suggest=lambda values, context: iter(()),
)


def write_upload(folder: Path) -> Path:
    """Six tones in a table of eight: one is cut off, one is something else."""
    for number in range(6):
        write_tone(folder / "tones" / f"{number}.tone", rate=100 if number else 200, values=50 + number)
    whole = (folder / "tones" / "0.tone").read_bytes()
    (folder / "tones" / "cut.tone").write_bytes(whole[:-10])
    (folder / "tones" / "other.tone").write_bytes(b"RIFF\0\0\0\0WAVEfmt ")
    names = [*(f"{number}.tone" for number in range(6)), "cut.tone", "other.tone"]
    rows = "\n".join(f"{name},{number * 1.5}" for number, name in enumerate(names))
    (folder / "train.csv").write_text(f"file,pitch\n{rows}\n")
    return folder


def test_its_files_are_found_and_drawn_in_the_preview_of_an_upload(
    tones: MediaReader[Any], tmp_path: Path, scan_files: Any
) -> None:
    scan = scan_files(write_upload(tmp_path / "upload"))

    assert [(one.name, one.kinds) for one in scan.folders] == [("tones", {".tone": 8})]
    assert {one.name: one.kind for one in scan.tables[0].columns} == {"file": "file", "pitch": "number"}
    drawn = {path.name for path in (tmp_path / "imports" / "one" / "previews").iterdir()}
    assert drawn == {preview_name(f"tones/{number}.tone") for number in range(6)}


def test_it_is_imported_checked_and_shown(tones: MediaReader[Any], tmp_path: Path) -> None:
    order = ImportOrder(
        files=write_upload(tmp_path / "upload"),
        target=tmp_path / "dataset",
        dataset_id="dataset",
        name="tones",
        problem_type=TONE_REGRESSION,
        tables={"train": "train.csv"},
        media_folder="tones",
        roles={"image_column": "file", "label_columns": ["pitch"]},
    )

    data = make_dataset(order, Quiet())
    rows = data.table("train.csv")
    found = {finding.code: finding for finding in data.findings()}

    assert rows[SECONDS].round(2).tolist() == [0.25, 0.51, 0.52, 0.53, 0.54, 0.55]
    assert [column.name for column in data.manifest.tables[0].columns] == ["file", "pitch"]
    assert (found["tone_truncated"].found, found["tone_truncated"].rows) == ("90 bytes", (7,))
    assert found["tone_unsupported"].rows == (8,)
    assert found["tone_rates"].found == "100, 200"
    shown = TONE_REGRESSION.view_row({str(k): v for k, v in rows.iloc[2].items()}, order.roles, "tones")
    assert shown.media is not None
    assert shown.media.kind == READER.name
    file = data.media / shown.media.path
    assert reader_of(file) is READER
    assert not is_shown_by_browsers(file)
    with Image.open(data.preview(shown.media.path)) as preview:
        assert (preview.format, preview.size) == ("JPEG", (52, 8))


def test_failures_speak_of_it(tones: MediaReader[Any]) -> None:
    def spec(problem_type: str) -> RunSpec:
        settings = {"image": {"image_width": 64, "image_height": 32}, "tokenizer": {}}
        return RunSpec(kind=WorkerKind.TRAIN, run_id="r", problem_type=problem_type, settings=settings)

    of_images, of_texts = spec("image_regression"), spec("text_regression")

    assert (smaller_inputs(of_images), larger_inputs(of_images)) == ("smaller images", "larger images")
    assert list(input_words(of_images)) == ["images of 64 x 32 pixels"]
    assert (smaller_inputs(of_texts), list(input_words(of_texts))) == ("a lower Max length", [])
    assert tones.smaller == "shorter tones"


def test_it_is_there_only_while_it_is_registered() -> None:
    with registered(READER):
        assert media_reader("tone") is READER
        assert ".tone" in media_endings()
        with pytest.raises(TypeError, match="not a new MediaReader"), registered(READER):
            pass
    assert media_readers() == (AUDIO_READER, IMAGE_READER, VOLUME_READER)
    with pytest.raises(NotFoundError, match="no medium named 'tone'"):
        media_reader("tone")


@pytest.mark.parametrize(
    ("head", "ending"),
    [
        (b"\xff\xd8\xff\xe0", "jpg"),
        (b"\x93NUMPY\x01", "npy"),
        (b"II*\x00", "tiff"),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"%PDF", None),
        (b"", None),
    ],
)
def test_images_are_recognised_by_content(head: bytes, ending: str | None) -> None:
    assert IMAGE_READER.suffix_of(head) == ending


SHARED = (
    "datasets/inspection.py",
    "datasets/media/media_inspection.py",
    "datasets/profile.py",
    "datasets/profile_parts.py",
    "importing/build.py",
    "modeling/predictions.py",
    "scoring/input_checks.py",
    "scoring/pipeline.py",
    "scoring/predictor.py",
    "scoring/tables.py",
    "scoring/template/serve.py",
    "server/services/inference/online_inference.py",
    "training/failures/failures.py",
    "training/failures/known_errors.py",
    "training/reporting/timing.py",
    "training/start/batch_size.py",
)


@pytest.mark.parametrize("module", SHARED)
def test_shared_code_names_no_medium(module: str) -> None:
    text = (Path(studio.__file__).parent / module).read_text().lower()

    assert not [one.name for one in media_readers() if one.name in text]


@pytest.mark.parametrize("reader", [*media_readers(), READER], ids=lambda reader: reader.name)
def test_files_are_referred_to_by_the_name_of_their_medium(reader: MediaReader[Any]) -> None:
    assert reader.reference("a", {}).kind == reader.name
