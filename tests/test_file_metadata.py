"""The phone's readers of camera, time and position, on files written by third-party libraries."""

import io
import json
import shutil
import subprocess
import wave
from pathlib import Path
from typing import Any

import pillow_heif
import pytest
from PIL import Image

SCRIPT = Path(__file__).parent / "js" / "read_metadata.mjs"
EXPECTED_METADATA = {
    "make": "Maker",
    "model": "Phone 9",
    "taken_local": "2026-11-03T20:14:05",
    "offset_min": 60,
    "place": True,
}


def make_exif(*, place: bool) -> Image.Exif:
    """Return Exif data with camera, time and, if requested, a position."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Maker", "Phone 9"
    inner = exif.get_ifd(0x8769)
    inner[0x9003], inner[0x9011] = "2026:11:03 20:14:05", "+01:00"
    if place:
        gps = exif.get_ifd(0x8825)
        gps[1], gps[2], gps[3], gps[4] = "N", (53.0, 22.0, 30.0), "W", (1.0, 28.0, 0.0)
    return exif


def make_picture(kind: str, *, place: bool) -> bytes:
    """Return a small picture written by Pillow or libheif."""
    buffer = io.BytesIO()
    picture = Image.new("RGB", (64, 48), (90, 120, 140))
    if kind == "HEIC":
        pillow_heif.from_pillow(picture).save(buffer, exif=make_exif(place=place).tobytes(), quality=60)
    else:
        picture.save(buffer, kind, exif=make_exif(place=place))
    return buffer.getvalue()


def read_in_node(paths: list[Path]) -> list[dict[str, Any]]:
    """Return the metadata that Node reads."""
    node = shutil.which("node")
    assert node, "Node 20 or newer is not on the path; `make test` puts it there"
    result = subprocess.run([node, str(SCRIPT), *map(str, paths)], capture_output=True, check=True, timeout=60)
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize("place", [True, False])
def test_metadata_of_third_party_files_is_read(tmp_path: Path, place: bool) -> None:
    """Camera, time and position are read from JPEG, PNG, WebP and HEIC by Pillow and libheif."""
    paths = []
    for kind in ("JPEG", "PNG", "WEBP", "HEIC"):
        paths.append(tmp_path / f"one.{kind.lower()}")
        paths[-1].write_bytes(make_picture(kind, place=place))
    assert [metadata["about"] for metadata in read_in_node(paths)] == [EXPECTED_METADATA | {"place": place}] * 4


def test_the_length_of_a_wav_by_pythons_library_is_read(tmp_path: Path) -> None:
    """Half a second at 8 kHz, as voicemail has it."""
    path = tmp_path / "voicemail.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8_000, 0, "NONE", ""))
        file.writeframes(bytes(8_000))
    assert read_in_node([path]) == [{"type": "audio/wav", "about": {"duration_ms": 500}}]
