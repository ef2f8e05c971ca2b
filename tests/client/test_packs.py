"""The phone's side of a pack believes the server's part only where it can compute it itself."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from diary.client import packs
from diary.client.journal import Journal, Said
from diary.client.packs import check_front, received_files
from diary.client.sample import SETTINGS, SHEET, entries
from diary.client.writing import Writer
from diary.clock import FixedClock
from diary.errors import PackFailed
from diary.pack import archive
from diary.pack.capsule import Capsule, read_capsule
from diary.pack.gather import make_capsule
from diary.pack.proofs import proof_files
from diary.pack.recordjson import record_file, sidecar
from tests.local import local_journal, whole_wish

NOON = 1_793_000_000_000
Members = dict[str, bytes]


@pytest.fixture(scope="module")
def journal() -> Journal:
    """A diary on a phone that has never seen a server: three entries, four files, one private note."""
    clock = FixedClock(NOON)
    writer = Writer(local_journal(clock), clock)
    writer.journal.append(Said("settings", SETTINGS, SHEET))
    for entry in (entries()[1], entries()[2], entries()[6], entries()[11]):
        writer.write(entry)
    return writer.journal


@pytest.fixture(scope="module")
def told(journal: Journal) -> Capsule:
    """All of it, as the capsule says it."""
    return read_capsule(make_capsule(journal.versions(), whole_wish(journal, NOON), journal.identity.public_keys()))


def honest(told: Capsule) -> Members:
    """What an honest server's part must at least hold."""
    members = {f"data/{path}": content for path, content in proof_files(told)}
    members["data/restricted/12_record.json"] = record_file(told)
    for exhibit in told.exhibits:
        members[f"data/restricted/14_sidecars/{exhibit.stem}.json"] = sidecar(told, exhibit.item)
    return members | {"data/servable/01_chronology.pdf": b"%PDF-", "data/00_READ-FIRST.txt": b"read"}


def zipped(path: Path, members: Members, compression: int = zipfile.ZIP_STORED) -> Path:
    """A zip of them."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_an_honest_part_is_let_in(told: Capsule, tmp_path: Path) -> None:
    """Proofs, record and sidecars as computed here, documents by their names."""
    check_front(zipped(tmp_path / "f.zip", honest(told)), told)


def _put(name: str, content: bytes = b"x") -> Callable[[Members], None]:
    """A member that does not belong there, or one with other content."""
    return lambda members: members.update({name: content})


def _proof_of(members: Members) -> str:
    """One proof's name."""
    return next(name for name in members if "/proof/" in name and "keys" not in name)


@pytest.mark.parametrize(
    "change",
    [
        lambda members: members.pop(_proof_of(members)),
        lambda members: members.update({_proof_of(members): b"{}"}),
        lambda members: members.pop("data/restricted/12_record.json"),
        lambda members: members.update({"data/restricted/12_record.json": members["data/restricted/12_record.json"] + b" "}),
        _put("data/restricted/14_sidecars/JB-1.json"),
        _put("data/servable/proof/keys.json"),
        _put("data/servable/index.html"),
        _put("data/servable/01_chronology.exe"),
        _put("data/restricted/13_exhibits-as-received/JB-1.png"),
        _put("../outside.txt"),
        _put("bag-info.txt"),
        _put("data/servable/04_exhibits-0.pdf"),
    ],
)
def test_a_changed_part_is_refused(told: Capsule, tmp_path: Path, change: Callable[[Members], None]) -> None:
    """Whatever was changed, left out or slipped in, nothing is saved."""
    members = honest(told)
    change(members)
    with pytest.raises(PackFailed, match="Nothing was saved"):
        check_front(zipped(tmp_path / "f.zip", members), told)


def test_what_is_no_zip_or_a_packed_one_is_refused(told: Capsule, tmp_path: Path) -> None:
    """Garbage and compressed members, which could be a trap, are not looked into."""
    (tmp_path / "g.zip").write_bytes(b"<html>")
    with pytest.raises(PackFailed):
        check_front(tmp_path / "g.zip", told)
    with pytest.raises(PackFailed):
        check_front(zipped(tmp_path / "c.zip", honest(told), zipfile.ZIP_DEFLATED), told)


def test_received_files_have_their_own_keys_and_places(journal: Journal, told: Capsule) -> None:
    """Mail lies apart; every exhibit's key is its own."""
    files = received_files(journal, told)
    assert [file.path for file in files] == [
        "data/restricted/13_exhibits-as-received/JB-1.png",
        "data/restricted/13_exhibits-as-received/JB-2.jpg",
        "data/restricted/13_exhibits-as-received/JB-3.jpg",
        "data/restricted/13_mail/JB-4.eml",
    ]
    assert len({file.blob.key for file in files}) == 4


async def test_half_a_pack_is_not_left_behind(told: Capsule, tmp_path: Path) -> None:
    """A pack that fails while it is written, here for want of its files, leaves neither itself nor its half."""
    front = zipped(tmp_path / "front.zip", honest(told))
    with pytest.raises(PackFailed):
        await packs.finish([], lambda blob: None, front, told, tmp_path / "pack.zip", tmp_path, lambda *_: None)  # type: ignore[arg-type]
    full = [packs.Received(path, None, "") for path in archive.received_paths(told)]  # type: ignore[arg-type]

    async def kept(content: object, file: packs.Received, folder: Path) -> None:
        (folder / file.path).parent.mkdir(parents=True, exist_ok=True)
        (folder / file.path).write_bytes(b"too short")

    with pytest.MonkeyPatch.context() as changed, pytest.raises(PackFailed, match="not as long"):
        changed.setattr(packs, "_keep_file", kept)
        await packs.finish(full, lambda blob: None, front, told, tmp_path / "pack.zip", tmp_path, lambda *_: None)  # type: ignore[arg-type]
    assert {path.name for path in tmp_path.iterdir()} == {"front.zip", "received"}


def test_a_capsule_holds_no_private_note_and_no_key_of_what_was_received(journal: Journal, told: Capsule) -> None:
    """Promise 4: never a private note, and keys only of pictures that are to be printed."""
    raw = make_capsule(journal.versions(), whole_wish(journal, NOON), journal.identity.public_keys())
    assert b"I used to love that class" not in raw
    for file in received_files(journal, told):
        assert file.blob.blob.encode() not in raw


def test_the_names_that_may_come_are_the_packs_own() -> None:
    """The documents' pattern takes volumes and nothing near them."""
    for good in ("servable/04_exhibits.pdf", "servable/04_exhibits-2.pdf", "restricted/11_custody-log.csv"):
        assert packs._DOCUMENTS.fullmatch(f"data/{good}")
    for bad in ("servable/04_exhibits-02.pdf", "servable/11_custody-log.csv", "servable/01_chronology.pdf.txt"):
        assert not packs._DOCUMENTS.fullmatch(f"data/{bad}")
