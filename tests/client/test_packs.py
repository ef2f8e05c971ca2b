"""The client accepts the server's part of a pack only where it can compute it itself."""

import hashlib
import json
import zipfile
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from diary.client import packs
from diary.client.attachments import SealedFileReference
from diary.client.journal import Journal, VersionContent
from diary.client.packs import check_front, received_files
from diary.client.transport import RemoteServer
from diary.clock import FixedClock
from diary.crypto.signing import AuthorSigner, generate_scalar
from diary.errors import Conflict, PackBuildFailed
from diary.pack.bag import archive
from diary.pack.bag.manifest import SERVABLE_MANIFEST_PATH, servable_manifest
from diary.pack.bag.pack_statement import PackSigner
from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import Capsule, read_capsule
from diary.pack.contents import build_contents
from diary.pack.documents.text_files import pdf_paths, text_files
from diary.samples.fictional_diary import OFFICER_SHEET, SAMPLE_SETTINGS, load_entries
from diary.samples.journal_writer import JournalWriter
from tests.local_journal import local_journal, request_for_whole_pack

NOON_MS = 1_793_000_000_000
Members = dict[str, bytes]
CHRONOLOGY = "data/servable/02_chronology.csv"


@pytest.fixture(scope="module")
def journal() -> Journal:
    """Return a diary on a phone without a server: three entries, four files, one private note."""
    clock = FixedClock(NOON_MS)
    writer = JournalWriter(local_journal(clock), clock)
    writer.journal.append(VersionContent("settings", SAMPLE_SETTINGS, OFFICER_SHEET))
    for entry in (load_entries()[1], load_entries()[2], load_entries()[6], load_entries()[11]):
        writer.write_entry(entry)
    return writer.journal


@pytest.fixture(scope="module")
def capsule(journal: Journal) -> Capsule:
    """Return the capsule of the whole diary."""
    return read_capsule(
        build_capsule(journal.versions(), request_for_whole_pack(journal, NOON_MS), journal.identity.public_keys())
    )


def honest_members(told: Capsule) -> Members:
    """Return the members of a correct front part; the content of its PDFs is not checked here."""
    contents = build_contents(told)
    members = {f"data/{path}": content for path, content in text_files(contents)}
    return with_new_servable_list(members | {f"data/{name}": b"%PDF-" for name in pdf_paths(contents)})


def with_new_servable_list(members: Members) -> Members:
    """Return the members with a new servable manifest, as an attacker would write it."""
    digest_by_name = {
        name: hashlib.sha256(content).hexdigest()
        for name, content in members.items()
        if name.startswith("data/servable/")
    }
    digest_by_name.pop(SERVABLE_MANIFEST_PATH, None)
    return members | {SERVABLE_MANIFEST_PATH: servable_manifest(digest_by_name)}


def write_zip(path: Path, members: Members, compression: int = zipfile.ZIP_STORED) -> Path:
    """Write the members as a zip."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_an_honest_front_part_is_accepted(capsule: Capsule, tmp_path: Path) -> None:
    """Text, tables, proofs, record and sidecars that match the computed ones are accepted, PDFs by name."""
    check_front(write_zip(tmp_path / "f.zip", honest_members(capsule)), capsule)


def put_member(name: str, content: bytes = b"x") -> Callable[[Members], None]:
    """Return a change that adds or replaces one member."""
    return lambda members: members.update({name: content})


def proof_name(members: Members) -> str:
    """Return the name of one proof."""
    return next(name for name in members if "/proof/" in name and "keys" not in name)


@pytest.mark.parametrize(
    "change",
    [
        lambda members: members.pop(proof_name(members)),
        lambda members: members.update({proof_name(members): b"{}"}),
        lambda members: members.pop("data/restricted/12_record.json"),
        lambda members: members.update(
            {"data/restricted/12_record.json": members["data/restricted/12_record.json"] + b" "}
        ),
        put_member("data/restricted/14_sidecars/JB-1.json"),
        put_member("data/servable/proof/keys.json"),
        put_member("data/servable/index.html"),
        put_member("data/servable/01_chronology.exe"),
        put_member("data/restricted/13_exhibits-as-received/JB-1.png"),
        put_member("../outside.txt"),
        put_member("bag-info.txt"),
        put_member("data/servable/04_exhibits-0.pdf"),
        put_member("data/servable/04_exhibits-2.pdf"),
        put_member("data/servable/08_impact.pdf"),
        put_member("data/00_READ-FIRST.txt"),
        put_member("data/restricted/11_custody-log.csv"),
        lambda members: members.update({CHRONOLOGY: members[CHRONOLOGY].replace(b"minute", b"day", 1)}),
        lambda members: members.update(
            {CHRONOLOGY: members[CHRONOLOGY] + members[CHRONOLOGY].splitlines(keepends=True)[-1]}
        ),
        put_member("data/servable/02_chronology.xlsx"),
        lambda members: members.pop("data/servable/02_chronology_short.csv"),
        lambda members: members.pop("data/servable/03_exhibits-index.csv"),
        lambda members: members.pop("data/servable/01_chronology.pdf"),
    ],
)
def test_a_changed_part_is_refused(capsule: Capsule, tmp_path: Path, change: Callable[[Members], None]) -> None:
    """Nothing is saved when a member was changed, left out or added."""
    members = honest_members(capsule)
    before = dict(members)
    change(members)
    assert members != before
    members = with_new_servable_list(members)
    with pytest.raises(PackBuildFailed, match="Nothing was saved"):
        check_front(write_zip(tmp_path / "f.zip", members), capsule)


def test_a_file_that_is_no_zip_or_is_compressed_is_refused(capsule: Capsule, tmp_path: Path) -> None:
    """Malformed zips and compressed members, which could be zip bombs, are refused unread."""
    (tmp_path / "g.zip").write_bytes(b"<html>")
    with pytest.raises(PackBuildFailed):
        check_front(tmp_path / "g.zip", capsule)
    with pytest.raises(PackBuildFailed):
        check_front(write_zip(tmp_path / "c.zip", honest_members(capsule), zipfile.ZIP_DEFLATED), capsule)


def test_received_files_have_their_own_keys_and_places(journal: Journal, capsule: Capsule) -> None:
    """Mail is in its own folder, and every exhibit has its own key."""
    files = received_files(journal, capsule)
    assert [file.path for file in files] == [
        "data/restricted/13_exhibits-as-received/JB-1.png",
        "data/restricted/13_exhibits-as-received/JB-2.jpg",
        "data/restricted/13_exhibits-as-received/JB-3.jpg",
        "data/restricted/13_mail/JB-4.eml",
    ]
    assert len({file.blob.key for file in files}) == 4


async def test_a_partial_pack_is_removed(capsule: Capsule, tmp_path: Path) -> None:
    """A pack that fails while being written, here for missing files, leaves no partial file."""
    front = write_zip(tmp_path / "front.zip", honest_members(capsule))
    signer = PackSigner("diary", AuthorSigner(generate_scalar()))

    async def read_nothing(_blob: SealedFileReference) -> AsyncIterator[bytes]:
        parts: tuple[bytes, ...] = ()
        for part in parts:
            yield part

    with pytest.raises(PackBuildFailed):
        await packs.finish_pack(
            [], read_nothing, front, capsule, signer, tmp_path / "pack.zip", tmp_path, lambda *_: None
        )
    blob = SealedFileReference.new(0)
    full = [packs.ReceivedFile(path, blob, "") for path in archive.received_file_sizes(capsule)]

    async def kept(content: object, file: packs.ReceivedFile, folder: Path) -> None:
        (folder / file.path).parent.mkdir(parents=True, exist_ok=True)
        (folder / file.path).write_bytes(b"too short")

    with pytest.MonkeyPatch.context() as changed, pytest.raises(PackBuildFailed, match="size of a file has changed"):
        changed.setattr(packs, "_keep_file", kept)
        await packs.finish_pack(
            full, read_nothing, front, capsule, signer, tmp_path / "pack.zip", tmp_path, lambda *_: None
        )
    assert {path.name for path in tmp_path.iterdir()} == {"front.zip", "received"}


@pytest.mark.parametrize("profile", ["housing", "school", "employer"])
async def test_a_pack_for_others_than_police_and_solicitors_holds_nothing_restricted(
    journal: Journal, capsule: Capsule, tmp_path: Path, profile: str
) -> None:
    """No file is added and nothing is written below `data/restricted/`, unless it is asked for on purpose."""
    for_others = replace(capsule, metadata=replace(capsule.metadata, profile=profile))
    assert packs.files_to_add(journal, capsule, None) == received_files(journal, capsule)
    assert packs.files_to_add(journal, for_others, None) is None
    assert packs.files_to_add(journal, for_others, True) == received_files(journal, capsule)
    front = write_zip(tmp_path / "front.zip", honest_members(for_others))
    signer = PackSigner("diary", AuthorSigner(generate_scalar()))

    async def read_nothing(_blob: SealedFileReference) -> AsyncIterator[bytes]:
        parts: tuple[bytes, ...] = ()
        for part in parts:
            yield part

    path = tmp_path / "pack.zip"
    await packs.finish_pack(None, read_nothing, front, for_others, signer, path, tmp_path, lambda *_: None)
    with zipfile.ZipFile(path) as pack:
        assert not [name for name in pack.namelist() if "/restricted/" in name]
        statement = json.loads(pack.read(f"{capsule.metadata.folder}/pack-statement.json"))
    assert statement["parts"] == ["servable"]


def test_a_capsule_holds_no_private_note_and_no_key_of_received_files(journal: Journal, capsule: Capsule) -> None:
    """Promise 4: no private note, and keys only of what is printed: of received files, the e-mail's alone."""
    raw = build_capsule(journal.versions(), request_for_whole_pack(journal, NOON_MS), journal.identity.public_keys())
    assert b"I used to love that class" not in raw
    for file in received_files(journal, capsule):
        assert (file.blob.blob_id.encode() in raw) == file.path.endswith(".eml")


def test_a_false_servable_list_is_refused(capsule: Capsule, tmp_path: Path) -> None:
    """The servable folder is passed on separately, so its own manifest must match it."""
    for wrong in (b"", honest_members(capsule)[SERVABLE_MANIFEST_PATH] + b"\n"):
        with pytest.raises(PackBuildFailed, match="Nothing was saved"):
            check_front(
                write_zip(tmp_path / "f.zip", honest_members(capsule) | {SERVABLE_MANIFEST_PATH: wrong}), capsule
            )


class BusyThenFailingServer(RemoteServer):
    """Server whose worker is taken by another job once; then the job fails, so that nothing is fetched."""

    def __init__(self) -> None:
        super().__init__(httpx.AsyncClient(), "https://notes.example")
        self.remaining_states = iter(["queued", "ready", "failed"])
        self.requests: list[str] = []

    async def json(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, proof: str | None = None
    ) -> dict[str, Any]:
        self.requests.append(method)
        state = "ready" if method == "POST" else next(self.remaining_states, "gone")
        return {"pack": "p", "state": state, "step": "", "done": 0, "total": 0}

    async def put(self, path: str, content: bytes) -> dict[str, Any]:
        self.requests.append("PUT")
        if self.requests.count("PUT") == 1:
            raise Conflict
        return {}


async def test_a_capsule_refused_by_a_busy_worker_is_sent_again(tmp_path: Path) -> None:
    """A capsule refused because another job came first is sent again once the job is ready."""
    server = BusyThenFailingServer()
    with pytest.raises(PackBuildFailed):
        await packs._typeset_on_server(server, "d", b"capsule", tmp_path / "front.zip", lambda *_: None)
    assert server.requests == ["POST", "PUT", "GET", "GET", "PUT", "GET", "DELETE"]
