"""The phone's side of a pack believes the server's part only where it can compute it itself."""

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from diary.client import packs
from diary.client.journal import Journal, Said
from diary.client.packs import check_front, received_files
from diary.clock import FixedClock
from diary.errors import Conflict, PackFailed
from diary.pack.bag import archive
from diary.pack.bag.manifest import SERVABLE_LIST, servable_list
from diary.pack.capsule.builder import make_capsule
from diary.pack.capsule.reader import Capsule, read_capsule
from diary.pack.contents import contents_of
from diary.pack.documents.text_files import pdf_names, plain_files
from diary.samples.fictional_diary import SETTINGS, SHEET, entries
from diary.samples.journal_writer import Writer
from tests.local import local_journal, whole_wish

NOON = 1_793_000_000_000
Members = dict[str, bytes]
CHRONOLOGY = "data/servable/02_chronology.csv"


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
    """What an honest server's part holds; its PDFs are not looked into here."""
    contents = contents_of(told)
    members = {f"data/{path}": content for path, content in plain_files(contents)}
    return listed(members | {f"data/{name}": b"%PDF-" for name in pdf_names(contents)})


def listed(members: Members) -> Members:
    """With the servable folder's list made anew, as whoever changes something would."""
    inside = {
        name: hashlib.sha256(content).hexdigest()
        for name, content in members.items()
        if name.startswith("data/servable/")
    }
    inside.pop(SERVABLE_LIST, None)
    return members | {SERVABLE_LIST: servable_list(inside)}


def zipped(path: Path, members: Members, compression: int = zipfile.ZIP_STORED) -> Path:
    """A zip of them."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_an_honest_part_is_let_in(told: Capsule, tmp_path: Path) -> None:
    """Words, tables, proofs, record and sidecars as computed here, documents by their names."""
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
        lambda members: members.update(
            {"data/restricted/12_record.json": members["data/restricted/12_record.json"] + b" "}
        ),
        _put("data/restricted/14_sidecars/JB-1.json"),
        _put("data/servable/proof/keys.json"),
        _put("data/servable/index.html"),
        _put("data/servable/01_chronology.exe"),
        _put("data/restricted/13_exhibits-as-received/JB-1.png"),
        _put("../outside.txt"),
        _put("bag-info.txt"),
        _put("data/servable/04_exhibits-0.pdf"),
        _put("data/servable/04_exhibits-2.pdf"),
        _put("data/servable/08_impact.pdf"),
        _put("data/00_READ-FIRST.txt"),
        _put("data/restricted/11_custody-log.csv"),
        lambda members: members.update({CHRONOLOGY: members[CHRONOLOGY].replace(b"minute", b"day", 1)}),
        lambda members: members.update(
            {CHRONOLOGY: members[CHRONOLOGY] + members[CHRONOLOGY].splitlines(keepends=True)[-1]}
        ),
        lambda members: members.pop("data/servable/03_exhibits-index.csv"),
        lambda members: members.pop("data/servable/01_chronology.pdf"),
    ],
)
def test_a_changed_part_is_refused(told: Capsule, tmp_path: Path, change: Callable[[Members], None]) -> None:
    """Whatever was changed, left out or slipped in, nothing is saved."""
    members = honest(told)
    before = dict(members)
    change(members)
    assert members != before
    members = listed(members)
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


def test_a_capsule_holds_no_private_note_and_no_key_of_received_files(journal: Journal, told: Capsule) -> None:
    """Promise 4: never a private note, and keys only of pictures that are to be printed."""
    raw = make_capsule(journal.versions(), whole_wish(journal, NOON), journal.identity.public_keys())
    assert b"I used to love that class" not in raw
    for file in received_files(journal, told):
        assert file.blob.blob.encode() not in raw


def test_a_list_of_its_own_that_is_not_true_is_refused(told: Capsule, tmp_path: Path) -> None:
    """The servable folder travels alone: what its list says of it must hold there too."""
    for wrong in (b"", honest(told)[SERVABLE_LIST] + b"\n"):
        with pytest.raises(PackFailed, match="Nothing was saved"):
            check_front(zipped(tmp_path / "f.zip", honest(told) | {SERVABLE_LIST: wrong}), told)


class Busy:
    """A server whose worker another takes first, once; then the job fails, so that nothing is fetched."""

    def __init__(self) -> None:
        self.states = iter(["queued", "ready", "failed"])
        self.asked: list[str] = []

    async def json(self, method: str, path: str, body: object = None) -> dict[str, object]:
        self.asked.append(method)
        state = "ready" if method == "POST" else next(self.states, "gone")
        return {"pack": "p", "state": state, "step": "", "done": 0, "total": 0}

    async def put(self, path: str, raw: bytes) -> None:
        self.asked.append("PUT")
        if self.asked.count("PUT") == 1:
            raise Conflict


async def test_a_capsule_that_comes_after_another_is_sent_again(tmp_path: Path) -> None:
    """Refused because others came first: asked for again until it is ready, then sent once more."""
    server = Busy()
    with pytest.raises(PackFailed):
        await packs._typeset(server, "d", b"capsule", tmp_path / "front.zip", lambda *_: None)  # type: ignore[arg-type]
    assert server.asked == ["POST", "PUT", "GET", "GET", "PUT", "GET", "DELETE"]
