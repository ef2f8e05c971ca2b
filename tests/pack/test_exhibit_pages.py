"""The pages of 04: what is printed of each kind of file, and how."""

import io
import itertools
from pathlib import Path
from typing import Any

import pypdf
import pytest
from PIL import Image

from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.contents import PackContents, Picture, build_contents
from diary.pack.documents.exhibits import (
    PICTURE_HEIGHT_LIMIT_MM,
    PICTURE_WIDTH_LIMIT_MM,
    SLICE_OVERLAP_MM,
    exhibits_data,
)
from diary.pack.verify.verifier import verify_pack
from tests.pack.conftest import assemble_pack, build_front_part
from tests.pack.fictional_diary import START_MS, FictionalDiary, draw_screenshot, incident_fields
from tests.pack.pack_members import members_of_front

RELEASE = "0123456789ab"
EXHIBITS_PATH = "data/servable/04_exhibits.pdf"


def contents_of(diary: FictionalDiary) -> PackContents:
    """Return the contents of a pack of everything."""
    return build_contents(read_capsule(build_capsule(diary.versions, diary.wish(), diary.public_keys)))


def page_texts(raw: bytes) -> list[str]:
    """Return the text of each page of a PDF."""
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(raw)).pages]


def picture_layout(width: int, height: int) -> dict[str, Any]:
    """Return how 04 lays out a print copy of this size in pixels."""
    diary = FictionalDiary()
    diary.attach(diary.add("incident", incident_fields(START_MS, "A picture.")), b"picture", "image/png", "A picture")
    contents = contents_of(diary)
    data: Any = exhibits_data(contents, contents.exhibits, {"AA/1": Picture("AA-1.svg", width, height)}, "")
    layout = data["exhibits"][0]["picture"]
    assert isinstance(layout, dict)
    return layout


@pytest.mark.parametrize(
    ("size", "slices", "is_upright"),
    [
        ((900, 900), 0, False),
        ((900, 346), 0, False),
        ((900, 2340), 0, True),
        ((900, 2400), 2, True),
        ((900, 9000), 6, True),
        ((2400, 900), 2, False),
        ((9000, 900), 7, False),
        ((900, 170), 0, False),
        ((12_000, 300), 13, False),
    ],
)
def test_a_long_or_wide_picture_is_cut_into_slices_that_show_all_of_it(
    size: tuple[int, int], slices: int, is_upright: bool
) -> None:
    """Each slice fits the page and overlaps the one before, the last ends where the picture ends."""
    layout = picture_layout(*size)
    assert layout["width"] / layout["height"] == pytest.approx(size[0] / size[1])
    assert (len(layout["slices"]), layout["beside"]) == (slices, is_upright)
    length, across = (layout["height"], layout["width"]) if is_upright else (layout["width"], layout["height"])
    limit = PICTURE_HEIGHT_LIMIT_MM if is_upright else PICTURE_WIDTH_LIMIT_MM
    if not slices:
        assert length < limit + 0.1
        return
    assert across < (PICTURE_WIDTH_LIMIT_MM if is_upright else PICTURE_HEIGHT_LIMIT_MM / 2)
    starts = layout["slices"]
    assert starts[0] == 0 and starts[-1] + layout["slice"] == pytest.approx(length)
    for before, start in itertools.pairwise(starts):
        assert 0 < start - before <= layout["slice"] - SLICE_OVERLAP_MM + 0.01


async def test_a_wide_screenshot_is_printed_in_slices_and_rerendering_agrees(tmp_path: Path) -> None:
    """Two slices stand on each page after the first, and a picture that only the worker can read is no exception."""
    diary = FictionalDiary()
    entry = diary.add("incident", incident_fields(START_MS, "A log of calls."))
    diary.attach(entry, draw_screenshot(4, (5200, 1000)), "image/png", "Log of calls")
    grey = io.BytesIO()
    Image.frombytes("I;16", (256, 64), bytes(byte for x in range(256) for byte in (x, x)) * 64).save(grey, "PNG")
    diary.attach(entry, grey.getvalue(), "image/png", "Scan in 16 bits")
    raw = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    front = await build_front_part(diary, raw, tmp_path / "front.zip")
    pages = page_texts(members_of_front(front)[EXHIBITS_PATH])
    assert ["slice 1 of 4" in page for page in pages] == [True, False, False, False]
    assert "slice 2 of 4" in pages[1] and "slice 3 of 4" in pages[1] and "slice 4 of 4" in pages[2]
    pack = assemble_pack(diary, front, read_capsule(raw), tmp_path / "pack.zip")
    assert verify_pack(pack, notary=diary.notary.pub, rerender=RELEASE) == []
