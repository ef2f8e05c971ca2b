"""Documents laid out again from the pack's own record: equal byte for byte, and a changed word is found on its page."""

import json
from pathlib import Path

import pytest

from diary.encoding import canon
from diary.pack.capsule.reader import LIMIT
from diary.pack.verify.verifier import verify
from tests.pack.conftest import BuiltPack, build
from tests.pack.rezip import members_of, members_of_front, sealed_again

RELEASE = "0123456789ab"
CHRONOLOGY = "data/servable/01_chronology.pdf"


def again(path: Path, diary: BuiltPack, release: str = RELEASE) -> list[tuple[str, str | None]]:
    found = verify(path, notary=diary.diary.notary.pub, rerender=release)
    return [(one.code, one.member) for one in found]


def test_every_document_comes_out_the_same(built: BuiltPack) -> None:
    """Scripts, held back words and pictures, long screenshots, additions: all from what is in the pack."""
    assert again(built.path, built) == []


async def test_a_changed_word_is_found_on_its_page(small: BuiltPack, tmp_path: Path) -> None:
    """Whoever alters a document and makes every list anew is found by laying it out once more; no other check sees it."""
    told = json.loads(small.raw)
    for version in told["versions"]:
        if version["kind"] == "incident" and version["seq_no"] == 2:
            version["open"]["fields"]["who"] = "Somebody else altogether"
    front = await build(small.diary, canon(told, limit=LIMIT), tmp_path / "front.zip")
    forged = members_of(small.path) | {CHRONOLOGY: members_of_front(front)[CHRONOLOGY]}
    out = tmp_path / "forged.zip"
    sealed_again(small.path, forged, out)
    assert verify(out, notary=small.diary.notary.pub) == []
    [(code, member)] = again(out, small)
    assert code == "rerendered" and member is not None and member.startswith(f"{CHRONOLOGY}#page=")
    assert again(out, small, release="ba9876543210") == [("other_release", member)]


@pytest.mark.parametrize("junk", [b"", b"%PDF-1.7 x", None])
def test_a_volume_of_pictures_that_is_no_document_is_named(
    small: BuiltPack, tmp_path: Path, junk: bytes | None
) -> None:
    """Its pictures are laid out from it, and it may be anything: it differs, and nothing falls over."""
    volume = "data/servable/04_exhibits.pdf"
    held = members_of(small.path)
    raw = held[volume][:5_000] if junk is None else junk
    out = sealed_again(small.path, held | {volume: raw}, tmp_path / "junk.zip")
    assert ("rerendered", volume) in again(out, small)


@pytest.mark.parametrize("gone", ["data/restricted/12_record.json", "data/restricted/proof/keys.json"])
def test_without_the_record_it_says_that_it_cannot(small: BuiltPack, tmp_path: Path, gone: str) -> None:
    """Nothing to lay out from is a finding for each document, never a crash."""
    left = {name: content for name, content in members_of(small.path).items() if name != gone}
    out = tmp_path / "without.zip"
    sealed_again(small.path, left, out)
    codes = [code for code, _ in again(out, small)]
    # Four documents, two tables, the custody, the words beside them and a sidecar for each file.
    assert codes.count("not_rerendered") == 4 + 2 + 1 + 2 + 2


def test_a_changed_table_or_word_beside_the_pages_is_found(small: BuiltPack, tmp_path: Path) -> None:
    """A row less in the chronology's table, another description, other words to read first: no other check sees them."""
    held, out = members_of(small.path), tmp_path / "forged.zip"
    table, index = "data/servable/02_chronology.csv", "data/servable/03_exhibits-index.csv"
    custody = "data/restricted/11_custody-log.csv"
    read, steps, side = "data/00_READ-FIRST.txt", "data/15_VERIFY.txt", "data/restricted/14_sidecars/JB-1.json"
    changed = {
        table: b"\r\n".join(held[table].split(b"\r\n")[:-2]) + b"\r\n",
        index: held[index].replace(b"Screen of", b"No screen of"),
        custody: held[custody][:-40],
        read: held[read].replace(b"101", b"0900"),
        steps: b"Not needed.\r\n",
        side: held[side].replace(b"2026-12", b"2026-11"),
    }
    assert all(raw != held[name] for name, raw in changed.items())
    sealed_again(small.path, held | changed, out)
    assert verify(out, notary=small.diary.notary.pub) == []
    assert again(out, small) == [("rerendered", name) for name in sorted(changed)]
