"""The phone's readers of camera, time and place, over files that other people's libraries wrote."""

import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pillow_heif
import pytest
from PIL import Image

SCRIPT = Path(__file__).parent / "js" / "read_metadata.mjs"
SAYS = {"make": "Maker", "model": "Phone 9", "taken_local": "2026-11-03T20:14:05", "offset_min": 60, "place": True}


def _exif(*, place: bool) -> Image.Exif:
    """Camera, time and, if wanted, a place."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Maker", "Phone 9"
    inner = exif.get_ifd(0x8769)
    inner[0x9003], inner[0x9011] = "2026:11:03 20:14:05", "+01:00"
    if place:
        gps = exif.get_ifd(0x8825)
        gps[1], gps[2], gps[3], gps[4] = "N", (53.0, 22.0, 30.0), "W", (1.0, 28.0, 0.0)
    return exif


def _picture(kind: str, *, place: bool) -> bytes:
    """A small picture as Pillow or libheif writes it."""
    out = io.BytesIO()
    picture = Image.new("RGB", (64, 48), (90, 120, 140))
    if kind == "HEIC":
        pillow_heif.from_pillow(picture).save(out, exif=_exif(place=place).tobytes(), quality=60)
    else:
        picture.save(out, kind, exif=_exif(place=place))
    return out.getvalue()


def _read(paths: list[Path]) -> list[dict[str, Any]]:
    """What Node says of them."""
    node = shutil.which("node")
    assert node, "Node 20 or newer is not on the path; `make test` puts it there"
    made = subprocess.run([node, str(SCRIPT), *map(str, paths)], capture_output=True, check=True, timeout=60)
    return [json.loads(line) for line in made.stdout.splitlines()]


@pytest.mark.parametrize("place", [True, False])
def test_other_peoples_files(tmp_path: Path, place: bool) -> None:
    """JPEG, PNG, WebP and HEIC from Pillow and libheif: camera, time and place as they were put in."""
    paths = []
    for kind in ("JPEG", "PNG", "WEBP", "HEIC"):
        paths.append(tmp_path / f"one.{kind.lower()}")
        paths[-1].write_bytes(_picture(kind, place=place))
    assert [one["about"] for one in _read(paths)] == [SAYS | {"place": place}] * 4
