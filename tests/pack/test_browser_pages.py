"""Packs laid out as on a phone, by the same modules in Pyodide and the typesetter for browsers, under Node."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdf
import pytest
from PIL import ImageChops

from diary.errors import NotFound
from diary.pack.build import _open_print_copy, _open_still, _unseal
from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import read_capsule
from diary.pack.contents import poster_key
from diary.pack.verify.pdf_worker import page_words
from tests.pack.conftest import BuiltPack, build_in_thread
from tests.pack.fictional_diary import DAY_MS, START_MS, FictionalDiary, fictional_diary, incident_fields
from tests.pack.pack_members import members_of_front
from tests.pack.test_exhibit_pages import EXHIBITS_PATH, dark_share, letter_diary, letter_pictures

ROOT = Path(__file__).parents[2]
WORDS_IN_OTHER_SCRIPTS = (
    "تم کہاں ہو؟ 7 بجے",
    "अब भी मुझसे छिप रही हो?",
    "ਤੂੰ ਕਿੱਥੇ ਹੈਂ? তুমি কোথায়?",
    "你在哪里",
    "😡🏴󠁧󠁢󠁥󠁮󠁧󠁿 ✓ ∑ ☎",
    "\u2060\ufeff",
)
# The releases of typst differ in these: a bold word is /Strong in one and /Span in the other.
INLINE_TAGS = ("/Em", "/Span", "/Strong")
SERVABLE_MANIFEST = "data/servable/manifest-sha256.txt"


@dataclass(frozen=True)
class Pages:
    """What the engine of a browser made of a capsule: path → bytes, and the labels of what it could not print."""

    files: dict[str, bytes]
    unprinted: list[str]


def lay_out(diary: FictionalDiary, capsule_bytes: bytes, folder: Path) -> Pages:
    """Lay out a capsule as a browser does."""
    (folder / "pictures").mkdir(parents=True)
    (folder / "capsule.json").write_bytes(capsule_bytes)
    for kind, key, content in printed_files(diary, capsule_bytes):
        name = base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")
        (folder / "pictures" / f"{kind}-{name}").write_bytes(content)
    result = subprocess.run(
        [
            "node",
            "tests/pack/lay_out_pages.mjs",
            *(folder / name for name in ("capsule.json", "pictures", "out")),
            sys.executable,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr.rstrip()[-600:]
    out = folder / "out"
    files = {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    return Pages(files, json.loads(result.stdout))


def printed_files(diary: FictionalDiary, capsule_bytes: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Yield what 04 prints, as a phone has it: `picture`, `letter` or `mail`, its key, and its bytes."""
    capsule = read_capsule(capsule_bytes)

    def fetch(blob: str, index: int) -> bytes:
        if (blob, index) not in diary.sealed_parts:
            raise NotFound
        return diary.sealed_parts[blob, index]

    for exhibit in capsule.exhibits:
        if exhibit.is_picture_withheld:
            continue
        if exhibit.filename.endswith((".eml", ".pdf")):
            if exhibit.received_file is not None:
                kind = "mail" if exhibit.filename.endswith(".eml") else "letter"
                yield kind, exhibit.item, _unseal(capsule.diary_id, exhibit.received_file, fetch)
            continue
        for key, copy in (
            (exhibit.item, _open_print_copy(capsule.diary_id, exhibit, fetch, is_picture=True)),
            (poster_key(exhibit.item), _open_still(capsule.diary_id, exhibit, fetch)),
        ):
            if copy is not None:
                yield "picture", key, copy.jpeg


@dataclass(frozen=True)
class TwoLayouts:
    """One capsule, laid out as the server does and as a phone does."""

    server: dict[str, bytes]
    phone: Pages


@pytest.fixture(scope="module")
def layouts(tmp_path_factory: pytest.TempPathFactory) -> TwoLayouts:
    """Return the fictional diary's pack, with words in every script that there is a font for."""
    diary, folder = fictional_diary(), tmp_path_factory.mktemp("pages")
    for day, words in enumerate(WORDS_IN_OTHER_SCRIPTS):
        diary.add("incident", incident_fields(START_MS + day * DAY_MS, words))
    capsule_bytes = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    front_path = build_in_thread(diary, capsule_bytes, folder / "front.zip")
    return TwoLayouts(members_of_front(front_path), lay_out(diary, capsule_bytes, folder / "phone"))


def test_the_same_files_are_made(layouts: TwoLayouts) -> None:
    """The phone makes the files that the server makes; all but the PDFs are the same to the byte."""
    expected, pages = dict(layouts.server), layouts.phone
    del expected[SERVABLE_MANIFEST]  # it lists the PDFs, too
    assert pages.unprinted == []
    assert pages.files.keys() == expected.keys()
    assert [
        path for path, content in expected.items() if not path.endswith(".pdf") and pages.files[path] != content
    ] == []


def test_pdfs_have_the_same_text_pages_and_tags(layouts: TwoLayouts, tmp_path: Path) -> None:
    """The two typesetters agree page by page, and in the order and kind of every tag but those inside a line."""
    expected, pages = dict(layouts.server), layouts.phone
    paths = [path for path in pages.files if path.endswith(".pdf")]
    assert len(paths) >= 4
    for path in paths:
        (tmp_path / "server.pdf").write_bytes(expected[path])
        (tmp_path / "phone.pdf").write_bytes(pages.files[path])
        server, phone = (pypdf.PdfReader(tmp_path / name) for name in ("server.pdf", "phone.pdf"))
        assert [page_words(page) for page in phone.pages] == [page_words(page) for page in server.pages], path
        assert tags_of(phone) == tags_of(server), path
        assert phone.metadata is not None
        assert server.metadata is not None
        for name in ("/Title", "/Author"):
            assert phone.metadata.get(name) == server.metadata.get(name), (path, name)
        assert str(phone.metadata["/CreationDate"])[:16] == str(server.metadata["/CreationDate"])[:16]


def tags_of(reader: pypdf.PdfReader) -> list[str]:
    """Return the kind of every tag of a PDF, in reading order."""
    kinds: list[str] = []

    def walk(node: Any) -> None:
        node = node.get_object()
        if isinstance(node, list):
            for child in node:
                walk(child)
        elif isinstance(node, dict):
            if "/S" in node and node["/S"] not in INLINE_TAGS:
                kinds.append(str(node["/S"]))
            if "/K" in node:
                walk(node["/K"])

    root: Any = reader.trailer["/Root"]
    walk(root["/StructTreeRoot"])
    return kinds


def test_the_same_input_gives_the_same_bytes(small_pack: BuiltPack, tmp_path: Path) -> None:
    """A second layout makes the same bytes, PDFs included: nothing in them depends on when or where it was made."""
    first, second = (
        lay_out(small_pack.diary, small_pack.capsule_bytes, tmp_path / name).files for name in ("first", "second")
    )
    assert first == second


def test_letters_are_drawn_as_the_server_draws_them(tmp_path: Path) -> None:
    """Both print the same pages, the answers in a form too, and leave out what is damaged or has a password."""
    diary = letter_diary()
    capsule_bytes = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    server = members_of_front(build_in_thread(diary, capsule_bytes, tmp_path / "front.zip"))
    phone = lay_out(diary, capsule_bytes, tmp_path / "phone").files
    index = "data/servable/03_exhibits-index.csv"
    assert phone[index] == server[index] and server[index].count(b"its pages") == 2
    pictures = [letter_pictures(files[EXHIBITS_PATH]) for files in (server, phone)]
    assert [[picture.size for picture in pages] for pages in pictures] == [[(1240, 1754)] * 3] * 2
    for on_server, on_phone in zip(*pictures, strict=True):
        assert dark_share(on_phone) == pytest.approx(dark_share(on_server), rel=0.03)
        difference = ImageChops.difference(on_server.convert("L"), on_phone.convert("L"))
        assert sum(difference.histogram()[64:]) < 0.002 * difference.width * difference.height
