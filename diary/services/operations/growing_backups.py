"""Backups that grow with change: each stores the database's changed rows and the parts that are not yet there.

[Note: parts are not read again] A part's name has a random number and the digest of its bytes, and the bytes never
change. So the name of its chunk is made from the name of the part, and a part that is in the folder is not read again:
a night's work grows with change too. The digest in the name is checked when the part is read, here and at a restore.

[Note: parts erased during a backup] The rows are copied before the parts. What is erased in between is missing from
this backup, and the database says so: it is no loss. Nothing delays an erasure for the sake of a backup.

[Note: an older state of the folder] Whoever can write to the folder can put back an older copy of it, which is complete
and well signed. So the server remembers the number and the digest of its newest list, and refuses to go on from another
one. A folder that is ahead is accepted: the server was restored, or stopped before it recorded its last backup.
"""

import base64
import hashlib
import hmac
import json
import math
import re
import secrets as random_source
import shutil
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from diary.clock import Clock
from diary.config import Settings, load_or_create_secret
from diary.crypto import age_files
from diary.crypto.signing import Ed25519Signer
from diary.encoding import b64, canonical_json
from diary.errors import BadRequest, BadSetting, Conflict, InvalidSealedCopy, NotFound, SealError, Unavailable
from diary.progress import ProgressCallback
from diary.services.operations import backup_history, backups
from diary.services.operations.backup_repository import (
    NAME_BYTES,
    BackupRepository,
    Chunk,
    Snapshot,
    open_repository,
)
from diary.services.operations.work_dir import temporary_work_dir
from diary.storage import backup as copies
from diary.storage import row_dump
from diary.storage.blob_store import BlobStore, open_blob_store

NAMING_KEY_FILE_NAME: Final = "backup-names.key"
_MANIFEST_VERSION: Final = 1
# What encryption, the list and the folder's own entry add to a chunk, at most.
_CHUNK_OVERHEAD_BYTES: Final = 1024
_SPARE_BYTES: Final = 16 << 20
_CHUNK_LIMIT_BYTES: Final = 1 << 30
_HEX_NAME: Final = re.compile(r"[0-9a-f]{64}")
# An operator may have renamed an old key of the notary: anything but a path.
_SECRET_NAME: Final = re.compile(r"pepper|canary|backup-names\.key|notary\.key|notary\.[^/\0]+\.key")
_PART_NAME: Final = re.compile(r"[a-z0-9_]+/[0-9a-f]+/[0-9a-f-]+")
_DAY_MS: Final = 86_400_000
# A night checks the content of one chunk in this many.
SAMPLE_FRACTION: Final = 28


@dataclass(frozen=True, slots=True)
class Plan:
    """What a backup will write, in bytes, and the free space of its folder."""

    new_parts: int
    needed_bytes: int
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Policy:
    """How many backups to keep: the newest of each of so many days, weeks and months, and none older than `max_days`."""

    daily: int = 28
    weekly: int = 0
    monthly: int = 0
    max_days: int = 28


@dataclass(frozen=True, slots=True)
class OpenBackup:
    """A backup in a folder, opened with the private key."""

    repository: BackupRepository
    snapshot: Snapshot
    index: dict[bytes, Chunk]
    manifest: dict[str, Any]
    private_key: str

    def read_members(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Yield the members of the backup in the order of a backup in one file."""
        manifest = self.manifest
        about = {name: manifest[name] for name in ("app_url", "made_at", "public_url")}
        yield backups.MANIFEST_MEMBER, iter([canonical_json(about)])
        for name, content in manifest["secrets"].items():
            yield name, iter([base64.b64decode(content)])
        rows = self._read_rows()
        yield backups.ROWS_MEMBER, rows
        for _ in rows:
            pass  # check what the caller did not read
        missing = set(manifest["missing"])
        for part in manifest["parts"]:
            if part not in missing:
                yield backups.PART_MEMBER_PREFIX + part, self._read_part(part)

    def _naming_key(self) -> bytes:
        """Return the key that the chunks' names were made with."""
        return base64.b64decode(self.manifest["secrets"][NAMING_KEY_FILE_NAME])

    def _read_rows(self) -> Iterator[bytes]:
        """Yield each chunk of rows. Raise InvalidSealedCopy naming a chunk that is not what its name says."""
        naming_key = self._naming_key()
        for hex_name in self.manifest["rows"]:
            name = bytes.fromhex(hex_name)
            unpacker = zlib.decompressobj()
            try:
                rows = unpacker.decompress(self._read_chunk(name), _CHUNK_LIMIT_BYTES)
            except zlib.error:
                rows = b""
            if not unpacker.eof or _rows_name(naming_key, rows) != name:
                raise InvalidSealedCopy(f"{self.repository.chunk_path(name)} has other content than its name says.")
            yield rows

    def _read_part(self, part: str) -> Iterator[bytes]:
        """Yield the bytes of a part. Raise InvalidSealedCopy naming the chunk that is not this part."""
        name = _part_chunk_name(self._naming_key(), part)
        raw = self._read_chunk(name)
        if not part.endswith("-" + hashlib.sha256(raw).hexdigest()[:32]):
            raise InvalidSealedCopy(f"{self.repository.chunk_path(name)} has other content than its name says.")
        yield raw

    def _read_chunk(self, name: bytes) -> bytes:
        """Return the decrypted bytes of a chunk. Raise InvalidSealedCopy naming it."""
        chunk = self.index.get(name)
        if chunk is None:
            raise InvalidSealedCopy(f"{self.snapshot.path} does not list the chunk {name.hex()}.")
        try:
            return age_files.decrypt(self.repository.read_chunk(name, chunk), self.private_key)
        except SealError:
            raise InvalidSealedCopy(
                f"{self.repository.chunk_path(name)} does not open with this backup key. Nothing was written."
            ) from None


async def create_growing_backup(
    settings: Settings,
    public_key: str,
    folder: Path,
    clock: Clock,
    on_progress: ProgressCallback,
    on_plan: Callable[[Plan], None],
    *,
    allow_empty: bool = False,
    accept_older: bool = False,
) -> backups.Backup:
    """Add a backup to the folder of backups `folder`; the server may be running.

    `on_plan` is called before the first chunk is written. A failure removes what this backup has written. Raise
    BadSetting as `create_backup` does, and Unavailable if there is too little space. Raise Conflict if the folder has an
    older state than the server remembers, unless `accept_older` is True.
    """
    age_files.check_public_key(public_key)
    secrets = backups.read_secrets(settings)
    signer = Ed25519Signer(secrets[backups.NOTARY_KEY_MEMBER])
    naming_key = load_or_create_secret(settings.data / NAMING_KEY_FILE_NAME)
    secrets[NAMING_KEY_FILE_NAME] = naming_key
    now = clock.now_ms()
    with (
        open_repository(folder, create=True) as repository,
        temporary_work_dir(settings.data) as work_dir,
    ):
        snapshots = repository.list_snapshots(_signers(secrets))
        number = _next_number(settings.data, folder, snapshots, accept_older=accept_older)
        key_digest = hashlib.sha256(public_key.encode()).digest()
        if any(one.key != key_digest for one in snapshots):
            raise BadSetting(f"The backups in {folder} are for another backup key. Use a new folder for a new key.")
        database = work_dir / "database"
        await copies.take_snapshot(settings, database)
        if not allow_empty and copies.find_secrets_check_sample(database) is None:
            raise BadSetting(backups.EMPTY_SERVER_MESSAGE)
        backups.check_secrets(database, secrets[backups.PEPPER_MEMBER], secrets[backups.NOTARY_KEY_MEMBER])
        on_progress("database", 1, 1)
        # Chunks of a backup that was cut off are in no list, so their digests are not known.
        repository.remove_temporary_files()
        repository.remove_unlisted(snapshots)
        chunks = _ChunkWriter(repository, repository.read_index(snapshots), public_key)
        parts = [(part, size, _part_chunk_name(naming_key, part)) for part, size in copies.list_part_sizes(database)]
        on_plan(_plan(folder, chunks, database, parts, naming_key))
        with chunks.removed_on_failure():
            rows = [
                chunks.add(_rows_name(naming_key, raw), partial(zlib.compress, raw))
                for raw in row_dump.dump_chunks(database)
            ]
            missing = await _add_parts(chunks, open_blob_store(settings.blob_url), parts, on_progress)
            manifest = {
                "v": _MANIFEST_VERSION,
                "number": number,
                "app_url": settings.app_url,
                "public_url": settings.public_url,
                "made_at": now,
                "secrets": {name: base64.b64encode(raw).decode("ascii") for name, raw in secrets.items()},
                "rows": [name.hex() for name in rows],
                "parts": [part for part, _, _ in parts],
                "missing": missing,
            }
            fields: dict[str, object] = {
                "number": number,
                "made_at": now,
                "app_url": settings.app_url,
                "key": b64(key_digest),
                "previous": b64(snapshots[-1].digest) if snapshots else "",
            }
            snapshot = repository.commit(fields, _seal_manifest(manifest, public_key), chunks.used, signer)
        backup_history.record_repository(settings.data, folder, number, snapshot.digest.hex())
        still_missing = await backups.list_still_referenced(settings, work_dir / "after", missing)
    backup_history.record_backup(
        settings.data, f"{folder.name}:{number}", now, chunks.new_bytes, secrets, len(still_missing)
    )
    return backups.Backup(snapshot.path, settings.app_url, now, len(parts) - len(missing), tuple(still_missing))


def create_backup_key(path: Path, password: str) -> str:
    """Write a new private backup key to `path` and return its public key. Raise Conflict if the file exists."""
    key_file, public_key = age_files.generate_key(password)
    try:
        backups.write_new_file(path, iter([key_file]))
    except FileExistsError:
        raise Conflict(f"The file {path.name} exists already.") from None
    return public_key


def read_private_key(path: Path, password: str) -> str:
    """Return the private backup key in a file. Raise BadRequest for a wrong password or a damaged file."""
    try:
        return age_files.unlock_key(path.read_bytes(), password)
    except SealError:
        raise BadRequest(f"{path.name} does not open: the password is wrong, or the file is damaged.") from None


@contextmanager
def open_backup(folder: Path, private_key: str, at: str, notary: bytes | None) -> Iterator[OpenBackup]:
    """Open the newest backup in a folder that is not later than `at`: a time in UTC, a number, or "" for the newest.

    `notary` is the server's public notary key, if the caller has it. Without it, a folder that somebody has made up
    from the start cannot be told from the server's. Raise InvalidSealedCopy naming the file that is wrong.
    """
    with open_repository(folder) as repository:
        snapshots = repository.list_snapshots(None)
        snapshot = choose_snapshot(folder, snapshots, at)
        try:
            raw = zlib.decompress(age_files.decrypt(repository.read_manifest(snapshot), private_key))
            manifest = json.loads(raw)
        except SealError:
            raise InvalidSealedCopy(f"{folder} does not open with that backup key. Nothing was written.") from None
        except (zlib.error, ValueError):
            manifest = None
        if not _is_valid_manifest(manifest):
            raise InvalidSealedCopy(f"The manifest of {snapshot.path} is malformed. Nothing was written.")
        signers = _signers({name: base64.b64decode(raw) for name, raw in manifest["secrets"].items()})
        own_key = Ed25519Signer(base64.b64decode(manifest["secrets"][backups.NOTARY_KEY_MEMBER])).pub
        is_foreign = notary is not None and notary not in signers
        if manifest["number"] != snapshot.number or snapshot.signer != own_key or is_foreign:
            raise InvalidSealedCopy(f"{snapshot.path} was not signed by the server whose data it has.")
        # Lists of a later notary's key are not read: nothing vouches for them here.
        trusted = [one for one in snapshots if one.signer in signers]
        yield OpenBackup(repository, snapshot, repository.read_index(trusted), manifest, private_key)


def choose_snapshot(folder: Path, snapshots: list[Snapshot], at: str) -> Snapshot:
    """Return the newest snapshot not later than `at` (see `open_backup`).

    Raise BadRequest if `at` is malformed, InvalidSealedCopy if there is none.
    """
    if not at:
        chosen = snapshots
    elif at.isdecimal():
        chosen = [one for one in snapshots if one.number == int(at)]
    else:
        try:
            moment = datetime.fromisoformat(at)
        except ValueError:
            raise BadRequest(f"--at takes 2026-12-31, 2026-12-31T04:00 (UTC) or a backup's number, not {at}.") from None
        if len(at) == len("2026-12-31"):
            moment += timedelta(days=1, milliseconds=-1)
        latest_ms = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
        chosen = [one for one in snapshots if one.made_at <= latest_ms]
    if not chosen:
        raise InvalidSealedCopy(
            f"{folder} has no such backup. `kept backups list {folder}` shows those that are there."
        )
    return chosen[-1]


def check_folder(settings: Settings, folder: Path, on_progress: ProgressCallback, *, whole: bool) -> list[str]:
    """Check a folder of backups on the server, without the private key. Return a sentence for each fault.

    Each list, each manifest and the presence of each chunk is checked; the content of a random sample of chunks, or of
    all if `whole` is True. Raise InvalidSealedCopy if a list is wrong, Conflict if the folder has an older state.
    """
    faults: list[str] = []
    with open_repository(folder) as repository:
        snapshots = repository.list_snapshots(_signers(backups.read_secrets(settings)))
        _next_number(settings.data, folder, snapshots, accept_older=False)
        if not snapshots:
            raise InvalidSealedCopy(f"{folder} has no backup yet. Run `backup` first.")
        index = repository.read_index(snapshots)
        for snapshot in snapshots:
            _collect(faults, partial(repository.read_manifest, snapshot))
        absent = {name for name, chunk in index.items() if not repository.has_chunk(name, chunk)}
        for name in sorted(absent):
            faults.append(f"{repository.chunk_path(name)} is missing or has another size.")
        names = sorted(index.keys() - absent)
        if not whole:
            names = random_source.SystemRandom().sample(names, math.ceil(len(names) / SAMPLE_FRACTION))
        for done, name in enumerate(names, 1):
            _collect(faults, partial(repository.read_chunk, name, index[name]))
            on_progress("chunks", done, len(names))
    return faults


def prune_folder(settings: Settings, folder: Path, policy: Policy, now_ms: int) -> tuple[list[Snapshot], int]:
    """Remove the backups that `policy` does not keep, and their chunks. Return them, and the bytes of the chunks.

    Raise Conflict if the folder has an older state than the server remembers, InvalidSealedCopy if a list is wrong.
    """
    with open_repository(folder) as repository:
        snapshots = repository.list_snapshots(_signers(backups.read_secrets(settings)))
        _next_number(settings.data, folder, snapshots, accept_older=False)
        kept = choose_kept(snapshots, policy, now_ms)
        removed = [snapshot for snapshot in snapshots if snapshot.number not in kept]
        for snapshot in removed:
            repository.remove_snapshot(snapshot)
        repository.remove_temporary_files()
        _, size = repository.remove_unlisted([one for one in snapshots if one.number in kept])
    return removed, size


def choose_kept(snapshots: list[Snapshot], policy: Policy, now_ms: int) -> set[int]:
    """Return the numbers of the backups that `policy` keeps: always the newest."""
    kept: set[int] = set()
    for count, form in ((policy.daily, "%Y-%m-%d"), (policy.weekly, "%G-%V"), (policy.monthly, "%Y-%m")):
        newest: dict[str, int] = {}
        for snapshot in reversed(snapshots):
            newest.setdefault(datetime.fromtimestamp(snapshot.made_at / 1000, UTC).strftime(form), snapshot.number)
        kept |= set(list(newest.values())[:count])
    recent = {one.number for one in snapshots if now_ms - one.made_at < policy.max_days * _DAY_MS}
    return kept & recent | {one.number for one in snapshots[-1:]}


class _ChunkWriter:
    """Writer of the chunks that are not yet in the folder. `used` are the chunks of this backup."""

    def __init__(self, repository: BackupRepository, index: dict[bytes, Chunk], public_key: str) -> None:
        self._repository = repository
        self._index = index
        self._public_key = public_key
        self._written: list[bytes] = []
        self.used: dict[bytes, Chunk] = {}
        self.new_bytes = 0

    def has(self, name: bytes) -> bool:
        """Return whether the folder has a chunk; use it if so."""
        chunk = self.used.get(name) or self._index.get(name)
        if chunk is None or not self._repository.has_chunk(name, chunk):
            return False
        self.used[name] = chunk
        return True

    def add(self, name: bytes, read: Callable[[], bytes]) -> bytes:
        """Write a chunk unless the folder has it, and return its name. `read` returns its plain bytes."""
        if not self.has(name):
            self._written.append(name)
            self.used[name] = self._repository.write_chunk(name, age_files.encrypt(read(), self._public_key))
            self.new_bytes += self.used[name].size
        return name

    @contextmanager
    def removed_on_failure(self) -> Iterator[None]:
        """Remove the chunks that were written if the block raises: on a full disk they would keep it full."""
        try:
            yield
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Remove the chunks that were written."""
        for name in self._written:
            self._repository.chunk_path(name).unlink(missing_ok=True)


def _plan(
    folder: Path, chunks: _ChunkWriter, database: Path, parts: list[tuple[str, int, bytes]], naming_key: bytes
) -> Plan:
    """Return what the backup will write. Raise Unavailable if the folder has too little space for it."""
    new_parts = [size for _, size, name in parts if not chunks.has(name)]
    row_sizes = [len(raw) for raw in row_dump.dump_chunks(database) if not chunks.has(_rows_name(naming_key, raw))]
    listed = len(new_parts) + len(row_sizes) + len(chunks.used)
    needed = sum(new_parts) + sum(row_sizes) + _CHUNK_OVERHEAD_BYTES * (len(new_parts) + len(row_sizes))
    needed += listed * 512 + _SPARE_BYTES  # the list and the manifest, and the files' own entries
    plan = Plan(len(new_parts), needed, shutil.disk_usage(folder).free)
    if plan.needed_bytes > plan.free_bytes:
        raise Unavailable(
            f"The backup needs {needed / 1e6:.0f} MB in {folder}, and {plan.free_bytes / 1e6:.0f} MB are free."
            " Nothing was written. Make room, prune, or use another folder."
        )
    return plan


async def _add_parts(
    chunks: _ChunkWriter, store: BlobStore, parts: list[tuple[str, int, bytes]], on_progress: ProgressCallback
) -> list[str]:
    """Add every part that the folder does not have. Return the names of those that are missing or damaged."""
    missing: list[str] = []
    for done, (part, _, name) in enumerate(parts, 1):
        if not chunks.has(name):
            try:
                raw = await store.get(part)
                backups.check_part(part, raw)
                chunks.add(name, partial(bytes, raw))
            except (NotFound, InvalidSealedCopy):
                missing.append(part)
        on_progress("files", done, len(parts))
    return missing


def _next_number(data_dir: Path, folder: Path, snapshots: list[Snapshot], *, accept_older: bool) -> int:
    """Return the number of the next backup. Raise Conflict; see [Note: an older state of the folder]."""
    newest = snapshots[-1].number if snapshots else 0
    known = backup_history.find_repository(data_dir, folder)
    if known is None:
        return newest + 1
    number, digest = known
    is_same = any(one.number == number and one.digest.hex() == digest for one in snapshots)
    if not is_same and not accept_older:
        raise Conflict(
            f"{folder} does not have backup {number}, the last one of this server. Is the right disk there? If somebody"
            " put back or removed files, look into it first. To go on from what is there, add --accept-older to `backup`."
        )
    return max(number, newest) + 1


def _signers(secrets: dict[str, bytes]) -> frozenset[bytes]:
    """Return the public keys of the notary's keys among the secrets, old ones included."""
    return frozenset(
        Ed25519Signer(raw).pub
        for name, raw in secrets.items()
        if name == backups.NOTARY_KEY_MEMBER or (name.startswith("notary.") and name.endswith(".key"))
    )


def _part_chunk_name(naming_key: bytes, part: str) -> bytes:
    """Return the name of the chunk of a part; see [Note: parts are not read again]."""
    return hmac.digest(naming_key, b"part\0" + part.encode(), "sha256")


def _rows_name(naming_key: bytes, rows: bytes) -> bytes:
    """Return the name of a chunk of rows: 32 bytes, from its content."""
    return hmac.digest(naming_key, b"rows\0" + rows, "sha256")


def _seal_manifest(manifest: dict[str, Any], public_key: str) -> bytes:
    """Return the encrypted form of a manifest."""
    return age_files.encrypt(zlib.compress(json.dumps(manifest).encode()), public_key)


def _is_valid_manifest(value: Any) -> bool:
    """Return whether a decrypted manifest has what a restore needs, and only names that are safe to use."""
    try:
        secrets = value["secrets"]
        return (
            value["v"] == _MANIFEST_VERSION
            and isinstance(value["number"], int)
            and isinstance(value["made_at"], int)
            and isinstance(value["app_url"], str)
            and isinstance(value["public_url"], str)
            and all(len(base64.b64decode(secrets[name], validate=True)) == NAME_BYTES for name in _required(secrets))
            and all(_SECRET_NAME.fullmatch(name) for name in secrets)
            and all(base64.b64decode(raw, validate=True) for raw in secrets.values())
            and all(_HEX_NAME.fullmatch(name) for name in value["rows"])
            and all(_PART_NAME.fullmatch(name) for name in (*value["parts"], *value["missing"]))
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return False


def _required(secrets: dict[str, str]) -> list[str]:
    """Return the names of the secrets that are keys of 32 bytes: the pepper, the naming key and every notary's key."""
    names = (backups.PEPPER_MEMBER, backups.NOTARY_KEY_MEMBER, NAMING_KEY_FILE_NAME)
    return [*names, *(name for name in secrets if name.startswith("notary."))]


def _collect(faults: list[str], check: Callable[[], object]) -> None:
    """Add the sentence of a failed check to `faults`."""
    try:
        check()
    except InvalidSealedCopy as error:
        faults.append(error.message)
