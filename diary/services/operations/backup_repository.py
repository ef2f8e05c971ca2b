"""The folder of backups that grow with change: encrypted chunks, and for each backup a manifest and a signed list.

[Note: names of chunks] A chunk's name is an HMAC under a key that only the server and the manifests have. With a plain
digest, whoever has the folder could test whether a known file is in it.

[Note: the signed list] Whoever has the public backup key can encrypt. So the server signs a list for each backup: its
number, the digests of the list before, of the manifest and of every chunk. Pruning and checking need the lists only,
not the private key. The list is the last file of a backup to be written: without it there is no backup.

[Note: untrusted folder] The folder may be on somebody else's machine. Nothing in it names a file: chunk names are 32
bytes in a signed list, and their hexadecimal form is the only name that is opened or removed. Symbolic links are
refused.
"""

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from diary.crypto.signing import Ed25519Signer
from diary.encoding import b64, canonical_json, parse_canonical_json, unb64
from diary.errors import Conflict, InvalidSealedCopy, KeptError, Unavailable
from diary.ledger import signed_objects
from diary.services.operations.work_dir import exclusive_lock
from diary.storage.blob_store import flush

CHUNKS_FOLDER: Final = "chunks"
SNAPSHOTS_FOLDER: Final = "snapshots"
LIST_SUFFIX: Final = ".list"
MANIFEST_SUFFIX: Final = ".manifest"
TEMPORARY_SUFFIX: Final = ".part"
LIST_MAGIC: Final = b"KEPT-BACKUP-LIST-1\n"
LIST_TYPE: Final = "backup-list/v1"
NAME_BYTES: Final = 32
_ENTRY_BYTES: Final = NAME_BYTES + 32 + 8
_HEADER_LIMIT_BYTES: Final = 1 << 16
# The end of the year 9999, the last that a date can name.
_LATEST_MS: Final = 253_402_300_799_999
_LIST_NAME: Final = re.compile(r"[0-9]{8}\.list")
_CHUNK_NAME: Final = re.compile(r"[0-9a-f]{64}")
_FIELDS: Final = frozenset(
    {"t", "number", "made_at", "previous", "manifest", "entries", "chunks", "bytes", "signer", "app_url", "key"}
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """An encrypted chunk as a signed list describes it: its SHA-256 and its size in bytes."""

    digest: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The signed list of one backup. `made_at` is in milliseconds, `digest`, `manifest` and `key` are SHA-256.

    `key` is of the public backup key that the chunks are encrypted to.
    """

    number: int
    made_at: int
    app_url: str
    key: bytes
    digest: bytes
    previous: bytes
    manifest: bytes
    chunk_count: int
    size_bytes: int
    signer: bytes
    path: Path


class BackupRepository:
    """A folder of backups. Open it with `open_repository`, which locks it."""

    def __init__(self, folder: Path) -> None:
        """Store the folder; nothing is read."""
        self.folder = folder
        self.snapshots_folder = folder / SNAPSHOTS_FOLDER
        self.chunks_folder = folder / CHUNKS_FOLDER

    def list_snapshots(self, trusted_signers: frozenset[bytes] | None) -> list[Snapshot]:
        """Return the backups in the folder, oldest first.

        Raise InvalidSealedCopy naming the list that is damaged, that none of `trusted_signers` signed (None: any
        key), or that does not follow the one before it.
        """
        snapshots: list[Snapshot] = []
        paths = (path for path in self.snapshots_folder.iterdir() if _LIST_NAME.fullmatch(path.name))
        for path in sorted(paths):
            snapshot = _read_header(path, trusted_signers)
            before = snapshots[-1] if snapshots else None
            if before and before.number + 1 == snapshot.number and snapshot.previous != before.digest:
                raise InvalidSealedCopy(
                    f"{snapshot.path} does not follow {before.path.name}: one of them was replaced."
                )
            snapshots.append(snapshot)
        return snapshots

    def read_index(self, snapshots: Iterable[Snapshot]) -> dict[bytes, Chunk]:
        """Return the chunks in the lists of `snapshots`, by name.

        A chunk that was lost is written again by a later backup, with other encrypted bytes. So the newest list counts.
        """
        index: dict[bytes, Chunk] = {}
        for snapshot in snapshots:
            index.update(self.read_entries(snapshot))
        return index

    def read_entries(self, snapshot: Snapshot) -> Iterator[tuple[bytes, Chunk]]:
        """Yield the name of each chunk of a backup, and what its list says about it."""
        raw = _read_file(snapshot.path)
        if hashlib.sha256(raw).digest() != snapshot.digest:
            raise InvalidSealedCopy(f"{snapshot.path} has changed while it was read. Try again.")
        entries = raw[len(raw) - snapshot.chunk_count * _ENTRY_BYTES :]
        for offset in range(0, len(entries), _ENTRY_BYTES):
            entry = entries[offset : offset + _ENTRY_BYTES]
            yield (
                entry[:NAME_BYTES],
                Chunk(entry[NAME_BYTES : NAME_BYTES + 32], int.from_bytes(entry[NAME_BYTES + 32 :], "big")),
            )

    def read_manifest(self, snapshot: Snapshot) -> bytes:
        """Return the encrypted manifest of a backup. Raise InvalidSealedCopy naming the file if it was changed."""
        path = snapshot.path.with_suffix(MANIFEST_SUFFIX)
        raw = _read_file(path)
        if hashlib.sha256(raw).digest() != snapshot.manifest:
            raise InvalidSealedCopy(f"{path} is damaged or was replaced. Use another backup (--at).")
        return raw

    def chunk_path(self, name: bytes) -> Path:
        """Return the path of the chunk with this name of 32 bytes."""
        return self.chunks_folder / name.hex()[:2] / name.hex()

    def read_chunk(self, name: bytes, chunk: Chunk) -> bytes:
        """Return the encrypted bytes of a chunk.

        Raise InvalidSealedCopy naming the file if it is missing, damaged or not a plain file.
        """
        path = self.chunk_path(name)
        raw = _read_file(path)
        if len(raw) != chunk.size or hashlib.sha256(raw).digest() != chunk.digest:
            raise InvalidSealedCopy(f"{path} is damaged. Copy it from another copy of the folder.")
        return raw

    def has_chunk(self, name: bytes, chunk: Chunk) -> bool:
        """Return whether a chunk's file is there with the right size. Its content is not read."""
        try:
            status = os.lstat(self.chunk_path(name))
        except OSError:
            return False
        return stat.S_ISREG(status.st_mode) and status.st_size == chunk.size

    def write_chunk(self, name: bytes, encrypted: bytes) -> Chunk:
        """Write a chunk, replacing one of the same name."""
        path = self.chunk_path(name)
        _make_folder(path.parent)
        write_durably(path, encrypted)
        return Chunk(hashlib.sha256(encrypted).digest(), len(encrypted))

    def commit(
        self, fields: dict[str, object], manifest: bytes, chunks: dict[bytes, Chunk], signer: Ed25519Signer
    ) -> Snapshot:
        """Write a backup's manifest, then its signed list, and return it.

        `fields` has "number", "made_at", "app_url", and in base64url "key" and "previous": the digests of the public
        backup key and of the list before ("" for the first).
        """
        entries = b"".join(
            name + chunk.digest + chunk.size.to_bytes(8, "big") for name, chunk in sorted(chunks.items())
        )
        header = signed_objects.sign_object(
            signer,
            fields
            | {
                "t": LIST_TYPE,
                "manifest": b64(hashlib.sha256(manifest).digest()),
                "entries": b64(hashlib.sha256(entries).digest()),
                "chunks": len(chunks),
                "bytes": sum(chunk.size for chunk in chunks.values()),
                "signer": b64(signer.pub),
            },
        )
        raw_header = canonical_json(header)
        path = self.snapshots_folder / f"{cast('int', fields['number']):08d}{LIST_SUFFIX}"
        manifest_path = path.with_suffix(MANIFEST_SUFFIX)
        try:
            write_durably(manifest_path, manifest)
            write_durably(path, LIST_MAGIC + len(raw_header).to_bytes(4, "big") + raw_header + entries)
            return _read_header(path, frozenset({signer.pub}))
        except BaseException:
            # The caller removes the chunks. A list without its chunks would be a damaged backup.
            path.unlink(missing_ok=True)
            manifest_path.unlink(missing_ok=True)
            raise

    def remove_temporary_files(self) -> None:
        """Remove what a killed backup did not finish: files that were never renamed."""
        for folder in (self.snapshots_folder, *self._chunk_folders()):
            for path in folder.glob("*" + TEMPORARY_SUFFIX):
                path.unlink()

    def remove_snapshot(self, snapshot: Snapshot) -> None:
        """Remove a backup: its list first, so that one that is cut off is no backup any more."""
        snapshot.path.unlink()
        flush(self.snapshots_folder)
        snapshot.path.with_suffix(MANIFEST_SUFFIX).unlink(missing_ok=True)

    def remove_unlisted(self, snapshots: Iterable[Snapshot]) -> tuple[int, int]:
        """Remove every manifest and chunk of none of these backups. Return the chunks' number and bytes."""
        kept_manifests = {snapshot.path.with_suffix(MANIFEST_SUFFIX).name for snapshot in snapshots}
        for path in self.snapshots_folder.glob("*" + MANIFEST_SUFFIX):
            if path.name not in kept_manifests:
                path.unlink()
        index = self.read_index(snapshots)
        count = size = 0
        for folder in self._chunk_folders():
            for path in folder.iterdir():
                if _CHUNK_NAME.fullmatch(path.name) and bytes.fromhex(path.name) not in index:
                    size += path.lstat().st_size
                    path.unlink()
                    count += 1
        return count, size

    def _chunk_folders(self) -> list[Path]:
        """Return the folders of chunks that exist."""
        folders = (self.chunks_folder / f"{number:02x}" for number in range(256))
        return [folder for folder in folders if folder.is_dir() and not folder.is_symlink()]


@contextmanager
def open_repository(folder: Path, *, create: bool = False) -> Iterator[BackupRepository]:
    """Open the folder of backups and lock it for the length of the block; make it if `create` is True.

    Raise InvalidSealedCopy if it has no backups, Conflict if another command uses it.
    """
    repository = BackupRepository(folder)
    if create:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make_folder(repository.snapshots_folder)
        _make_folder(repository.chunks_folder)
    for inner in (repository.snapshots_folder, repository.chunks_folder):
        if inner.is_symlink() or not inner.is_dir():
            raise InvalidSealedCopy(f"{folder} has no backups: {inner.name} is missing there, or is no folder.")
    lock = exclusive_lock(repository.snapshots_folder)
    try:
        lock.__enter__()
    except BlockingIOError:
        raise Conflict(f"Another command uses {folder}. Wait until it has ended.") from None
    try:
        yield repository
    finally:
        lock.__exit__(None, None, None)


def is_repository(path: Path) -> bool:
    """Return whether `path` is a folder of backups and not a backup in one file."""
    return (path / SNAPSHOTS_FOLDER).is_dir()


def write_durably(path: Path, raw: bytes) -> None:
    """Write a file that is complete or absent, also after a power cut. Raise Unavailable on a full disk."""
    temporary_path = path.with_name(path.name + TEMPORARY_SUFFIX)
    temporary_path.unlink(missing_ok=True)
    try:
        descriptor = os.open(temporary_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        temporary_path.rename(path)
        flush(path.parent)
    except OSError as error:
        temporary_path.unlink(missing_ok=True)
        raise _cannot_be_written(path, error) from error


def _cannot_be_written(path: Path, error: OSError) -> Unavailable:
    """Return the error for a file or folder that the system refuses to write."""
    return Unavailable(f"{path} cannot be written: {error.strerror}. Make room, or use another folder.")


def _make_folder(folder: Path) -> None:
    """Make a folder unless it exists. Raise InvalidSealedCopy if it is a symbolic link, Unavailable on a full disk."""
    if folder.is_symlink():
        raise InvalidSealedCopy(f"{folder} is a symbolic link. Replace it with a folder.")
    if not folder.is_dir():
        try:
            folder.mkdir(mode=0o700)
            flush(folder.parent)
        except OSError as error:
            raise _cannot_be_written(folder, error) from error


def _read_file(path: Path) -> bytes:
    """Return a plain file's content. Raise InvalidSealedCopy naming it if it is missing or a symbolic link."""
    try:
        if path.parent.is_symlink():
            raise InvalidSealedCopy(f"{path.parent} is a symbolic link. Replace it with a folder.")
        # O_NONBLOCK: a named pipe in its place would never answer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise InvalidSealedCopy(f"{path} is missing. Copy it from another copy of the folder.") from None
    except OSError as error:
        reason = "is a symbolic link" if path.is_symlink() else f"cannot be read: {error.strerror}"
        raise InvalidSealedCopy(f"{path} {reason}. Copy it from another copy of the folder.") from None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise InvalidSealedCopy(f"{path} is no file. Copy it from another copy of the folder.")
        return file.read()


def _read_header(path: Path, trusted_signers: frozenset[bytes] | None) -> Snapshot:
    """Return the description in a signed list. Raise InvalidSealedCopy naming the file."""
    raw = _read_file(path)
    damaged = InvalidSealedCopy(f"{path} is damaged. Copy it from another copy of the folder.")
    start = len(LIST_MAGIC) + 4
    length = int.from_bytes(raw[len(LIST_MAGIC) : start], "big")
    if not raw.startswith(LIST_MAGIC) or length > _HEADER_LIMIT_BYTES:
        raise damaged
    try:
        header = cast("dict[str, object]", parse_canonical_json(raw[start : start + length]))
        signer = unb64(str(header["signer"]))
        signed_objects.verify_object(header, signer, LIST_TYPE, _FIELDS)
        entries = raw[start + length :]
        snapshot = Snapshot(
            _read_count(header["number"]),
            _read_count(header["made_at"]),
            str(header["app_url"]),
            unb64(str(header["key"])),
            hashlib.sha256(raw).digest(),
            unb64(str(header["previous"])),
            unb64(str(header["manifest"])),
            _read_count(header["chunks"]),
            _read_count(header["bytes"]),
            signer,
            path,
        )
        is_complete = (
            unb64(str(header["entries"])) == hashlib.sha256(entries).digest()
            and len(entries) == snapshot.chunk_count * _ENTRY_BYTES
            and snapshot.made_at <= _LATEST_MS
        )
    except (KeptError, KeyError, TypeError, ValueError):
        raise damaged from None
    if not is_complete:
        raise damaged
    if path.name != f"{snapshot.number:08d}{LIST_SUFFIX}":
        raise InvalidSealedCopy(f"{path} is the list of backup {snapshot.number}, copied to another name. Remove it.")
    if trusted_signers is not None and signer not in trusted_signers:
        raise InvalidSealedCopy(f"{path} was signed by another server. Use a folder for each server.")
    return snapshot


def _read_count(value: object) -> int:
    """Return a field that is a number of 0 or more. Raise ValueError for anything else: any key can sign a list."""
    if type(value) is not int or value < 0:
        raise ValueError
    return value
