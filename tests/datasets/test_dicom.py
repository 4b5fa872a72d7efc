"""DICOM series: a folder or zip file is a volume, its slices sorted, rescaled and placed; what is odd is said."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEGLosslessSV1, RLELossless

from studio.datasets.media.readers.volume import ORIENTATION, READER, SPACING
from studio.datasets.media.registry import is_shown_by_browsers, reader_of
from studio.datasets.media.volume_errors import VolumeError
from studio.datasets.media.volume_part import VolumePart
from tests.datasets.conftest import ImportFiles, ScanFiles
from tests.datasets.dicom_series import PATIENT, slice_dataset, write_series, zipped

DHW = np.random.default_rng(3).integers(-1000, 2000, (6, 5, 4)).astype(np.int16)


def test_slices_come_in_the_order_of_their_places_rescaled(tmp_path: Path) -> None:
    folder = write_series(tmp_path / "a", DHW, scaling=(1.0, -1024.0))

    facts = READER.inspect(folder, tmp_path / "preview.jpg")

    assert np.array_equal(READER.decode(folder, 1)[..., 0], DHW - 1024.0)
    assert reader_of(folder) is READER
    assert not is_shown_by_browsers(folder)
    assert (facts.shape, facts.format, facts.is_bytes) == ((6, 5, 4), "DICOM", False)
    assert facts.geometry.spacing == pytest.approx((2.5, 0.7, 0.8))
    assert facts.geometry.orientation == "LPS"
    assert (tmp_path / "preview.jpg").is_file()


def test_each_slice_may_have_its_own_scale(tmp_path: Path) -> None:
    for number in range(3):
        made = slice_dataset(
            DHW[number], series="1.2", number=number, position=(0, 0, -number), scaling=(0.5 + number, 3.0)
        )
        made.save_as(tmp_path / f"{number}.dcm", enforce_file_format=True)

    expected = np.stack([DHW[number] * (0.5 + number) + 3.0 for number in (2, 1, 0)])

    assert np.array_equal(READER.decode(tmp_path, 1)[..., 0], expected.astype(np.float32))


def test_bytes_stay_bytes(tmp_path: Path) -> None:
    volume = np.arange(60, dtype=np.uint8).reshape(3, 5, 4)
    folder = write_series(tmp_path / "a", volume)

    assert READER.read_facts(folder).is_bytes
    assert READER.decode(folder, 1).dtype == np.uint8
    assert np.array_equal(READER.decode(folder, 1)[..., 0], volume)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_file_of_slices_is_the_same_volume(tmp_path: Path, method: int) -> None:
    folder = write_series(tmp_path / "a", DHW)
    packed = zipped(folder, tmp_path / "a.zip", method)

    assert READER.suffix_of(packed.read_bytes()[:512]) == "zip"
    assert np.array_equal(READER.decode(packed, 1), READER.decode(folder, 1))
    assert READER.read_facts(packed) == READER.read_facts(folder)


def test_names_without_endings_and_folders_within_a_folder_are_read(tmp_path: Path) -> None:
    write_series(tmp_path / "patient" / "1.2.840" / "1.2.840.7", DHW, names="1.2.840.7.{}")
    (tmp_path / "patient" / "1.2.840" / "1.2.840.7" / "notes.txt").write_text("for you to know")

    assert reader_of(tmp_path / "patient") is READER
    assert np.array_equal(READER.decode(tmp_path / "patient", 1)[..., 0], DHW)


@pytest.mark.parametrize(
    ("volume", "scaling"),
    [(DHW, (1.0, -1024.0)), (DHW, (0.37, 2.0)), (np.abs(DHW).astype(np.uint8), None), (DHW * 16, (3.0, 0.0))],
)
def test_the_file_that_a_dataset_keeps_has_values_and_places_and_no_person(
    tmp_path: Path, volume: np.ndarray, scaling: tuple[float, float] | None
) -> None:
    """Read back by nibabel: rows and columns swapped, places in millimetres right, anterior, superior."""
    folder = write_series(tmp_path / "a", volume, scaling=scaling)

    assert READER.is_converted(folder)
    READER.convert(folder, tmp_path / "kept")

    kept = nibabel.Nifti1Image.from_bytes((tmp_path / "kept").read_bytes())
    assert np.array_equal(READER.decode(tmp_path / "kept", 1), READER.decode(folder, 1))
    assert READER.decode(tmp_path / "kept", 1).dtype == READER.decode(folder, 1).dtype
    assert np.array_equal(np.asarray(kept.dataobj).transpose(2, 1, 0), READER.decode(folder, 1)[..., 0])
    assert np.allclose(kept.affine @ (1, 2, 3, 1), (10 - 0.8, 20 - 1.4, 7.5, 1))
    assert READER.read_facts(tmp_path / "kept").geometry.orientation == "LPS"
    assert not READER.is_converted(tmp_path / "kept")
    assert any(PATIENT.encode() in file.read_bytes() for file in folder.iterdir())
    assert PATIENT.encode() not in (tmp_path / "kept").read_bytes()


def _mixed(folder: Path) -> None:
    write_series(folder, DHW)
    write_series(folder, DHW, series="1.2.4", names="other_{}.dcm")


def _gap(folder: Path) -> None:
    write_series(folder, DHW, heights=[0, 2.5, 5, 12.5, 15, 17.5])


def _twice(folder: Path) -> None:
    write_series(folder, DHW, heights=[0, 2.5, 2.5, 5, 7.5, 10])


def _other_size(folder: Path) -> None:
    write_series(folder, DHW)
    made = slice_dataset(DHW[0, :4], series="1.2.3", number=9, position=(0, 0, 15))
    made.save_as(folder / "x.dcm", enforce_file_format=True)


def _turned(folder: Path) -> None:
    write_series(folder, DHW)
    made = slice_dataset(DHW[0], series="1.2.3", number=9, position=(0, 0, 15), directions=(0, 1, 0, 0, 0, 1))
    made.save_as(folder / "x.dcm", enforce_file_format=True)


def _cut(folder: Path) -> None:
    write_series(folder, DHW)
    file = sorted(folder.iterdir())[2]
    file.write_bytes(file.read_bytes()[:-11])


def _foreign(folder: Path) -> None:
    write_series(folder, DHW)
    (folder / "zzz.dcm").write_bytes(b"hello, this is no slice")


def _headless(folder: Path) -> None:
    write_series(folder, DHW)
    file = sorted(folder.iterdir())[0]
    file.write_bytes(file.read_bytes()[:300])


def _syntax(uid: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        write_series(folder, DHW)
        for file in folder.iterdir():
            data = dcmread(file)
            data.file_meta.TransferSyntaxUID = uid
            if uid == JPEGLosslessSV1:
                data.PixelData = b"\xfe\xff\x00\xe0\x00\x00\x00\x00"
                data["PixelData"].is_undefined_length = True
            data.save_as(file, enforce_file_format=True)

    return make


def _unplaced(folder: Path) -> None:
    folder.mkdir()
    for name in ("a", "b"):
        made = slice_dataset(DHW[0], series="1.2", number=1, position=None)
        made.save_as(folder / name, enforce_file_format=True)


def _frames(folder: Path) -> None:
    folder.mkdir()
    made = slice_dataset(DHW[0], series="1.2", number=1, position=None)
    made.NumberOfFrames = 6
    made.PixelData = DHW.tobytes()
    made.save_as(folder / "a.dcm", enforce_file_format=True)


@pytest.mark.parametrize(
    ("make", "code", "found"),
    [
        (_mixed, "dicom_series", "2 series, of 6 slices, 6 slices"),
        (_gap, "dicom_gap", "7.5 mm between slice_017.dcm and slice_024.dcm"),
        (_twice, "dicom_twice", "'slice_010.dcm', 'slice_017.dcm'"),
        (_other_size, "dicom_slices", "slices of 4 x 4, 5 x 4 pixels"),
        (_turned, "dicom_slices", "another direction in x.dcm"),
        (_cut, "dicom_damaged", "pixels that cannot be decoded, or are cut off"),
        (_foreign, "dicom_damaged", "bytes that are no DICOM file"),
        (_headless, "dicom_damaged", "an unreadable header"),
        (_syntax(JPEGLosslessSV1), "volume_unsupported", "the transfer syntax 1.2.840.10008.1.2.4.70"),
        (_syntax(DeflatedExplicitVRLittleEndian), "volume_unsupported", "the transfer syntax 1.2.840.10008.1.2.1.99"),
        (_unplaced, "dicom_order", "slices without a position, and without a number of their own"),
        (_frames, "volume_unsupported", "6 frames"),
    ],
)
def test_what_is_odd_about_a_series_is_said(
    tmp_path: Path, make: Callable[[Path], None], code: str, found: str
) -> None:
    make(tmp_path / "a")

    with pytest.raises(VolumeError) as caught:
        READER.inspect(tmp_path / "a")

    assert (caught.value.code, caught.value.found) == (code, found)
    assert caught.value.hint
    assert caught.value.expected
    assert PATIENT not in str(caught.value)


def test_compressed_slices_that_can_be_decoded_are(tmp_path: Path) -> None:
    folder = write_series(tmp_path / "a", DHW)
    for file in folder.iterdir():
        data = dcmread(file)
        data.compress(RLELossless)
        data.save_as(file, enforce_file_format=True)

    assert np.array_equal(READER.decode(folder, 1)[..., 0], DHW)


def test_a_deflated_slice_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    """Deflated files unpack without bounds: 64 MB of zeros in 64 kB must not be read."""
    made = slice_dataset(np.zeros((4096, 8192), np.int16), series="1.2", number=1, position=(0, 0, 0))
    made.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    made.save_as(tmp_path / "a.dcm", enforce_file_format=True)

    with pytest.raises(VolumeError, match="compressed in a way that is not read"):
        READER.read_facts(tmp_path)


def test_slices_without_a_place_go_by_their_numbers(tmp_path: Path) -> None:
    for number in range(3):
        made = slice_dataset(DHW[number], series="1.2", number=3 - number, position=None)
        made.save_as(tmp_path / f"{number}.dcm", enforce_file_format=True)

    assert np.array_equal(READER.decode(tmp_path, 1)[..., 0], DHW[2::-1])
    assert READER.read_facts(tmp_path).geometry.spacing is None


@pytest.mark.parametrize("name", ["photos", "empty", "a.dcm"])
def test_what_is_no_series_is_no_volume(tmp_path: Path, name: str) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "empty").mkdir()
    slice_dataset(DHW[0], series="1", number=1, position=None).save_as(tmp_path / "a.dcm", enforce_file_format=True)

    with pytest.raises(VolumeError):
        READER.inspect(tmp_path / name)


def _patients(folder: Path, count: int = 6) -> Path:
    rows = ["scan,label"]
    for number in range(count):
        write_series(folder / "scans" / f"patient_{number}", DHW + np.int16(number))
        rows.append(f"patient_{number},{'ill' if number % 2 else 'well'}")
    (folder / "train.csv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.mark.parametrize("names", ["{}.dcm", "IM{}"])
def test_a_table_of_folders_becomes_a_dataset_without_persons(
    tmp_path: Path, scan_files: ScanFiles, import_files: ImportFiles, names: str
) -> None:
    source = _patients(tmp_path / "source")
    for file in list(source.glob("scans/*/*.dcm")):
        file.rename(file.parent / names.format(file.stem))
    bad = sorted((source / "scans" / "patient_3").iterdir())[2]
    bad.unlink()

    scan = scan_files(source)
    data = import_files(source)

    assert scan.choices.problem_type == "image_3d_classification"
    assert scan.choices.roles["image_column"] == "scan"
    assert scan.choices.media_folder == "scans"
    table = data.table("train.csv")
    assert table["scan"].tolist() == [f"patient_{number}" for number in (0, 1, 2, 4, 5)]
    assert [list(one) for one in table[SPACING]] == [pytest.approx([2.5, 0.7, 0.8])] * 5
    assert set(table[ORIENTATION]) == {"LPS"}
    gap = next(one for one in data.findings() if one.code == "dicom_gap")
    assert gap.rows == (4,)
    part = data.profile().part(VolumePart)
    assert part.median_shape == (6, 5, 4)
    assert part.median_spacing == pytest.approx((2.5, 0.7, 0.8))
    assert part.orientations == {"LPS": 5}
    assert part.percentiles["50"] == pytest.approx(np.median(DHW), abs=120)
    kept = [file for file in data.folder.rglob("*") if file.is_file()]
    assert kept
    assert not [file for file in kept if PATIENT.encode() in file.read_bytes()]
    assert np.array_equal(READER.decode(data.folder / "media" / "scans" / "patient_1", 1)[..., 0], DHW + 1)


def test_orientations_that_differ_are_said(tmp_path: Path, import_files: ImportFiles) -> None:
    source = _patients(tmp_path / "source")
    for file in (source / "scans" / "patient_0").iterdir():
        made = dcmread(file)
        made.ImageOrientationPatient = [-1, 0, 0, 0, 1, 0]
        made.save_as(file, enforce_file_format=True)

    finding = next(one for one in import_files(source).findings() if one.code == "mixed_orientations")

    assert finding.found == "5 volumes in LPS, 1 volume in RPI"
