"""Decoding takes a bounded multiple of an image, and large images wait for each other."""

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.datasets.media.decoding_room import DecodingRoom
from studio.datasets.media.image_decoding import read_facts
from studio.datasets.media.image_facts import BYTES_PER_PIXEL, BYTES_PER_VALUE, decoding_bytes

MEASURE = """
import sys
from pathlib import Path
from studio.datasets.media.image_decoding import inspect_image, open_image

def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))

before = peak()
inspect_image(Path(sys.argv[1]), Path(sys.argv[2]))
print(peak() - before)
"""
OVERHEAD = 60 << 20


def write_array(path: Path) -> None:
    """60 million zeros, as a file with a hole."""
    with path.open("wb") as file:
        header = {"descr": "<f8", "fortran_order": False, "shape": (5000, 4000, 3)}
        np.lib.format.write_array_header_1_0(file, header)  # type: ignore[arg-type]
        file.truncate(file.tell() + 8 * 60_000_000)


MAKERS = {
    "transparent.png": lambda path: Image.new("RGBA", (5000, 4000), (1, 2, 3, 4)).save(path, compress_level=1),
    "float.tif": lambda path: Image.new("F", (5000, 4000), 0.5).save(path, compression="tiff_deflate"),
    "plain.jpg": lambda path: Image.new("RGB", (5000, 4000), (1, 2, 3)).save(path),
    "float.npy": write_array,
}


@pytest.mark.parametrize("name", MAKERS)
def test_an_image_takes_no_more_than_is_reckoned_with(tmp_path: Path, name: str) -> None:
    """A zip of 2.6 MB had an inspection take 3.7 GB: values were widened to 64 bits all at once."""
    path = tmp_path / name
    MAKERS[name](path)

    command = [sys.executable, "-W", "ignore", "-c", MEASURE, path, tmp_path / "preview.jpg"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    taken = int(done.stdout) * 1024
    assert taken < decoding_bytes(read_facts(path)) + OVERHEAD, f"{taken / 1e6:.0f} MB"


def test_what_is_reckoned_with_is_stated(tmp_path: Path) -> None:
    MAKERS["plain.jpg"](tmp_path / "a.jpg")
    write_array(tmp_path / "a.npy")

    assert decoding_bytes(read_facts(tmp_path / "a.jpg")) == 20_000_000 * BYTES_PER_PIXEL
    assert decoding_bytes(read_facts(tmp_path / "a.npy")) == 60_000_000 * BYTES_PER_VALUE


def test_threads_share_the_room_and_one_that_needs_all_of_it_is_alone(tmp_path: Path) -> None:
    Image.new("RGB", (100, 100)).save(tmp_path / "a.png")
    small = read_facts(tmp_path / "a.png")
    large = replace(small, width=100_000, height=100_000)
    room = DecodingRoom(3 * decoding_bytes(small))
    inside, most, with_large = 0, 0, 0
    lock = threading.Lock()

    def decode(number: int) -> None:
        nonlocal inside, most, with_large
        is_large = number % 5 == 0
        with room.take(decoding_bytes(large if is_large else small)):
            with lock:
                inside += 1
                most = max(most, inside)
                with_large = max(with_large, inside if is_large else 0)
            threading.Event().wait(0.002)
            with lock:
                inside -= 1

    threads = [threading.Thread(target=decode, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (most, with_large, inside) == (3, 1, 0)
