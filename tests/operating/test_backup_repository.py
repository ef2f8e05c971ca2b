"""The folder of backups: what is changed, copied, linked or missing in it is refused, and the file is named."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from diary.crypto import age_files
from diary.crypto.signing import Ed25519Signer
from diary.encoding import b64, canonical_json
from diary.errors import BadSetting, Conflict, InvalidSealedCopy, SealError
from diary.ledger import signed_objects
from diary.services.operations.backup_repository import (
    LIST_MAGIC,
    LIST_TYPE,
    BackupRepository,
    Snapshot,
    open_repository,
)
from diary.storage import row_dump

SIGNER = Ed25519Signer(b"s" * 32)
OURS = frozenset({SIGNER.pub})


def write_backup(
    repository: BackupRepository,
    number: int,
    contents: list[bytes],
    previous: bytes = b"",
    signer: Ed25519Signer = SIGNER,
) -> Snapshot:
    """Write a backup of these chunks, which are named by their plain digest and not encrypted."""
    chunks = {
        hashlib.sha256(raw).digest(): repository.write_chunk(hashlib.sha256(raw).digest(), raw) for raw in contents
    }
    fields: dict[str, object] = {
        "number": number,
        "made_at": number * 1000,
        "app_url": "http://localhost:8000",
        "key": b64(bytes(32)),
        "previous": b64(previous) if previous else "",
    }
    return repository.commit(fields, b"manifest %d" % number, chunks, signer)


def test_each_backup_lists_its_chunks_and_the_backup_before(tmp_path: Path) -> None:
    """What was written is read again: numbers, digests, chunks, manifest."""
    with open_repository(tmp_path / "r", create=True) as repository:
        first = write_backup(repository, 1, [b"a", b"b"])
        second = write_backup(repository, 2, [b"b", b"c"], first.digest)
        assert repository.list_snapshots(OURS) == [first, second]
        assert (second.chunk_count, second.size_bytes, second.made_at) == (2, 2, 2000)
        index = repository.read_index([first, second])
        assert {repository.read_chunk(name, chunk) for name, chunk in index.items()} == {b"a", b"b", b"c"}
        assert repository.read_manifest(second) == b"manifest 2"


def test_a_flipped_byte_is_refused_in_every_file(tmp_path: Path) -> None:
    """A change of any one byte of a list, a manifest or a chunk is found, and the file is named."""
    with open_repository(tmp_path / "r", create=True) as repository:
        snapshot = write_backup(repository, 1, [b"a chunk"])
        for path in [path for path in (tmp_path / "r").rglob("*") if path.is_file()]:
            raw = path.read_bytes()
            for offset in range(len(raw)):
                path.write_bytes(raw[:offset] + bytes([raw[offset] ^ 1]) + raw[offset + 1 :])
                with pytest.raises(InvalidSealedCopy, match=path.name):
                    (read,) = repository.list_snapshots(OURS)
                    repository.read_manifest(read)
                    for name, chunk in repository.read_entries(read):
                        repository.read_chunk(name, chunk)
            path.write_bytes(raw)
        assert repository.list_snapshots(OURS) == [snapshot]


def test_a_missing_chunk_or_manifest_is_named(tmp_path: Path) -> None:
    """The sentence says which file is not there."""
    with open_repository(tmp_path / "r", create=True) as repository:
        snapshot = write_backup(repository, 1, [b"a"])
        ((name, chunk),) = repository.read_entries(snapshot)
        repository.chunk_path(name).unlink()
        assert not repository.has_chunk(name, chunk)
        with pytest.raises(InvalidSealedCopy, match=f"{name.hex()} is missing"):
            repository.read_chunk(name, chunk)
        snapshot.path.with_suffix(".manifest").unlink()
        with pytest.raises(InvalidSealedCopy, match=r"00000001\.manifest is missing"):
            repository.read_manifest(snapshot)


def test_an_old_list_under_a_new_number_is_refused(tmp_path: Path) -> None:
    """A replayed backup: copied to a later number, or put back in the place of its successor."""
    with open_repository(tmp_path / "r", create=True) as repository:
        first = write_backup(repository, 1, [b"a"])
        shutil.copy(first.path, first.path.with_name("00000002.list"))
        with pytest.raises(InvalidSealedCopy, match=r"00000002\.list is the list of backup 1"):
            repository.list_snapshots(OURS)
        first.path.with_name("00000002.list").unlink()
        write_backup(repository, 2, [b"b"], b"\0" * 32)
        with pytest.raises(InvalidSealedCopy, match=r"00000002\.list does not follow 00000001\.list"):
            repository.list_snapshots(OURS)


def test_another_servers_list_is_refused(tmp_path: Path) -> None:
    """Whoever has the public backup key can encrypt a manifest, but cannot sign its list."""
    with open_repository(tmp_path / "r", create=True) as repository:
        write_backup(repository, 1, [b"a"], signer=Ed25519Signer(b"x" * 32))
        with pytest.raises(InvalidSealedCopy, match=r"00000001\.list was signed by another server"):
            repository.list_snapshots(OURS)


@pytest.mark.parametrize(
    ("field", "value"),
    [("number", "1"), ("number", -1), ("made_at", "soon"), ("made_at", 1 << 52), ("key", 5), ("chunks", True)],
)
def test_a_signed_list_with_malformed_fields_is_refused(tmp_path: Path, field: str, value: object) -> None:
    """A folder that somebody has made up is signed by a key of their own: no field of it becomes a traceback."""
    with open_repository(tmp_path / "r", create=True) as repository:
        real = write_backup(repository, 1, [b"a"])
        header = {"number": 1, "made_at": 1000, "app_url": "http://localhost:8000", "key": b64(bytes(32))}
        content = header | {"previous": "", "entries": b64(hashlib.sha256(b"").digest()), "signer": b64(SIGNER.pub)}
        content |= {"t": LIST_TYPE, "chunks": 0, "bytes": 0, "manifest": b64(bytes(32))} | {field: value}
        raw = canonical_json(signed_objects.sign_object(SIGNER, content))
        real.path.write_bytes(LIST_MAGIC + len(raw).to_bytes(4, "big") + raw)
        with pytest.raises(InvalidSealedCopy, match=r"00000001\.list is damaged"):
            repository.list_snapshots(None)


@pytest.mark.parametrize("where", ["chunk", "folder", "list", "chunks", "pipe"])
def test_symbolic_links_are_refused(tmp_path: Path, where: str) -> None:
    """A link could make a restore read, or a backup write, a file elsewhere. A pipe would never answer."""
    with open_repository(tmp_path / "r", create=True) as repository:
        snapshot = write_backup(repository, 1, [b"a"])
        ((name, chunk),) = repository.read_entries(snapshot)
        chunk_path = repository.chunk_path(name)
    target = {
        "chunk": chunk_path, "pipe": chunk_path, "folder": chunk_path.parent, "list": snapshot.path,
        "chunks": repository.chunks_folder,
    }[where]  # fmt: skip
    target.rename(tmp_path / "elsewhere")
    os.mkfifo(target) if where == "pipe" else target.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidSealedCopy, match=target.name), open_repository(tmp_path / "r") as repository:
        repository.list_snapshots(OURS)
        repository.read_chunk(name, chunk)
    if where in ("folder", "chunks"):
        with pytest.raises(InvalidSealedCopy, match=target.name), open_repository(tmp_path / "r") as repository:
            repository.write_chunk(name, b"a")


def test_other_names_in_the_folder_are_neither_read_nor_removed(tmp_path: Path) -> None:
    """Only names of 64 hexadecimal digits are chunks, and only numbers are lists."""
    with open_repository(tmp_path / "r", create=True) as repository:
        snapshot = write_backup(repository, 1, [b"a"])
        ((name, _),) = repository.read_entries(snapshot)
        beside = repository.chunk_path(name).parent
        strange = [beside / "README", beside / ("A" * 64), repository.snapshots_folder / "x.list"]
        orphan = beside / (name.hex()[:2] + "0" * 62)
        for path in (*strange, orphan):
            path.write_bytes(b"...")
        assert repository.list_snapshots(OURS) == [snapshot]
        for folder in (beside, repository.snapshots_folder):
            (folder / "a.part").write_bytes(b"half")
        (repository.snapshots_folder / "00000009.manifest").write_bytes(b"without its list")
        repository.remove_temporary_files()
        assert not list((tmp_path / "r").rglob("*.part"))
        assert repository.remove_unlisted([snapshot]) == (1, 3)
        assert all(path.exists() for path in strange) and not orphan.exists()
        assert [path.name for path in repository.snapshots_folder.glob("*.manifest")] == ["00000001.manifest"]


def test_a_removed_backup_frees_only_its_own_chunks(tmp_path: Path) -> None:
    """Chunks that another list names stay."""
    with open_repository(tmp_path / "r", create=True) as repository:
        first = write_backup(repository, 1, [b"a", b"b"])
        second = write_backup(repository, 2, [b"b", b"c"], first.digest)
        repository.remove_snapshot(first)
        assert repository.list_snapshots(OURS) == [second]
        assert repository.remove_unlisted([second]) == (1, 1)
        assert sorted(chunk.read_bytes() for chunk in repository.chunks_folder.glob("*/*")) == [b"b", b"c"]


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    """A second command would remove what the first has just written."""
    with (
        open_repository(tmp_path / "r", create=True),
        pytest.raises(Conflict, match="Another command uses"),
        open_repository(tmp_path / "r"),
    ):
        pytest.fail("it was opened twice")


def test_a_private_key_opens_only_with_its_passphrase() -> None:
    """A wrong passphrase, a damaged file and another key are refused; what is no public key is named so."""
    key_file, public_key = age_files.generate_key("right")
    private_key = age_files.unlock_key(key_file, "right")
    assert age_files.decrypt(age_files.encrypt(b"x" * 99, public_key), private_key) == b"x" * 99
    for attempt in ((key_file, "wrong"), (key_file[:-1], "right"), (b"", "right")):
        with pytest.raises(SealError):
            age_files.unlock_key(*attempt)
    _, other = age_files.generate_key("right")
    with pytest.raises(SealError):
        age_files.decrypt(age_files.encrypt(b"x", other), private_key)
    with pytest.raises(BadSetting):
        age_files.check_public_key(private_key)


def fill_database(path: Path, rows: int) -> None:
    """Write a database with every type of value, a gap in its numbers, and an index in random order."""
    chance = random.Random(1)
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            "CREATE TABLE note (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, a BLOB UNIQUE, b TEXT, c REAL)"
        )
        database.execute("CREATE TABLE plain (x)")
        database.execute("CREATE INDEX note_b ON note (b)")
        database.executemany(
            "INSERT INTO note (a, b, c) VALUES (?, ?, ?)",
            ((chance.randbytes(400), f"line\r\n\u2028'\"\0{n}", None if n % 3 else n / 7) for n in range(rows)),
        )
        database.execute("INSERT INTO plain VALUES (?), (?), (?)", (b"", -(2**63), "ü"))
        database.execute("DELETE FROM note WHERE id = ?", (rows,))
        database.commit()


def dump(path: Path) -> list[str]:
    """Return the database as SQLite's own statements."""
    with closing(sqlite3.connect(path)) as database:
        return sorted(database.iterdump())


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    """Schema, values, types, indexes and the number of the next row are the same."""
    fill_database(tmp_path / "a", 500)
    row_dump.load_chunks(row_dump.dump_chunks(tmp_path / "a"), tmp_path / "b")
    assert dump(tmp_path / "b") == dump(tmp_path / "a")
    with closing(sqlite3.connect(tmp_path / "b")) as database:
        assert database.execute("INSERT INTO note (a) VALUES (x'00') RETURNING id").fetchone() == (501,)


def test_one_changed_row_changes_one_chunk(tmp_path: Path) -> None:
    """A row that is removed, changed or added leaves nearly every chunk as it was."""
    fill_database(tmp_path / "a", 3000)
    before = set(row_dump.dump_chunks(tmp_path / "a"))
    assert len(before) > 30
    with closing(sqlite3.connect(tmp_path / "a")) as database:
        database.execute("DELETE FROM note WHERE id = 700")
        database.execute("UPDATE note SET b = 'changed' WHERE id = 1900")
        database.execute("INSERT INTO note (a) VALUES (x'01')")
        database.commit()
    assert len(set(row_dump.dump_chunks(tmp_path / "a")) - before) <= 6


@pytest.mark.parametrize(
    "lines",
    [
        b"[",
        b"{}\n",
        b"[]\n",
        b'["schema","ATTACH \'%s\' AS x"]\n',
        b'["schema","CREATE TABLE t (a); DROP TABLE t"]\n',
        b'["row",1]\n',
        b'["table","t (a) VALUES (1); --",1]\n',
        b'["table","t","x"]\n["row",1]\n',
        b'["schema","CREATE TABLE t (a)"]\n["table","t",1]\n["row",["not base64"]]\n',
    ],
)
def test_malformed_rows_are_refused(tmp_path: Path, lines: bytes) -> None:
    """Whatever the lines say, no other statement runs and no other file is opened."""
    with pytest.raises(InvalidSealedCopy):
        row_dump.load_chunks([lines.replace(b"%s", str(tmp_path / "other").encode())], tmp_path / "new")
    assert not (tmp_path / "other").exists()
