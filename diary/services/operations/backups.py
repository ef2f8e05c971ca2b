"""Backup and restore: the database, every sealed part and the server's secrets in one sealed file.

[Note: order in the file] The secrets come first in the file, then the database, then the parts that it references. A
backup without secrets is detected at its start, and the database can be used to check that no part is missing.
Restoring reads the whole file once before it writes anything.

[Note: parts erased during a backup] Parts are copied after the database. A part that is missing by then may have been
erased by its keeper in the meantime. A part that the database still references is damage, and the backup reports it.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from diary.clock import Clock
from diary.config import Settings
from diary.crypto.signing import Ed25519Signer, generate_scalar, public_point
from diary.encoding import canonical_json, parse_canonical_json
from diary.errors import BadSetting, Conflict, InvalidSealedCopy, KeptError, NotFound, SealError
from diary.ledger import audit, heads, signed_objects
from diary.progress import ProgressCallback
from diary.services.accounts.pepper import KDF_PURPOSE, Pepper
from diary.services.log.notary_keys import check_keys
from diary.services.operations import backup_history
from diary.services.operations.sealed_backup import SealedBackupWriter, read_members
from diary.services.operations.work_dir import exclusive_lock, remove_abandoned, temporary_work_dir
from diary.storage import backup as copies
from diary.storage import row_dump
from diary.storage.blob_store import BlobStore, flush, open_blob_store

MANIFEST_MEMBER, PEPPER_MEMBER, NOTARY_KEY_MEMBER, CANARY_MEMBER, DATABASE_MEMBER = (
    "about",
    "pepper",
    "notary.key",
    "canary",
    "database",
)
OLD_NOTARY_KEYS_GLOB: Final = "notary.*.key"
PART_MEMBER_PREFIX: Final = "parts/"
# The database as the chunks of storage/row_dump.py, in a backup that grows with change.
ROWS_MEMBER: Final = "rows"
# Returns an iterator over each member's name and chunks, from the start. The chunks are read before the next member.
BackupMemberReader = Callable[[], Iterator[tuple[str, Iterator[bytes]]]]
BACKUP_SUFFIX: Final = ".backup"
UNFINISHED_SUFFIX: Final = ".part"
EMPTY_SERVER_MESSAGE: Final = (
    "Nobody has an account on this server, so nothing was written. If that is wrong, the settings of the server are"
    " missing here: run the command with them. `kept config` shows which ones hold. If it is right, add --empty."
)
_NO_PEPPER_MESSAGE: Final = (
    "This backup contains no pepper, so nobody could sign in after a restore. Nothing was written."
)
_NO_NOTARY_KEY_MESSAGE: Final = (
    "This backup contains no notary key, so phones would refuse the restored server. Nothing was written."
)


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made or read. `missing_parts` are parts that were missing or damaged before it was made."""

    path: Path
    app_url: str
    made_at: int
    part_count: int
    missing_parts: tuple[str, ...]


async def create_backup(
    settings: Settings,
    operator_public_key: bytes,
    folder: Path,
    clock: Clock,
    on_progress: ProgressCallback,
    *,
    allow_empty: bool = False,
) -> Backup:
    """Write a backup into `folder`; the server may be running. A failure leaves no unfinished file.

    Raise BadSetting if secrets are missing or do not fit the database. Raise it too if there is no account, unless
    `allow_empty` is True: a command that was run without the server's settings finds such a database.
    """
    secrets = read_secrets(settings)
    now = clock.now_ms()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{backup_history.format_backup_time(now)}{BACKUP_SUFFIX}"
    unfinished_path = path.with_name(path.name + UNFINISHED_SUFFIX)
    remove_abandoned(folder, f"*{BACKUP_SUFFIX}{UNFINISHED_SUFFIX}")
    with temporary_work_dir(settings.data) as work_dir:
        database = work_dir / "database"
        await copies.take_snapshot(settings, database)
        on_progress("database", 1, 1)
        if not allow_empty and copies.find_secrets_check_sample(database) is None:
            raise BadSetting(EMPTY_SERVER_MESSAGE)
        check_secrets(database, secrets[PEPPER_MEMBER], secrets[NOTARY_KEY_MEMBER])
        manifest = {"app_url": settings.app_url, "made_at": now, "public_url": settings.public_url}
        with (
            _removed_on_failure(unfinished_path),
            unfinished_path.open("xb") as file,
            exclusive_lock(unfinished_path),
        ):
            unfinished_path.chmod(0o600)
            sealed = SealedBackupWriter(file, operator_public_key)
            sealed.add_member(MANIFEST_MEMBER, [canonical_json(manifest)])
            for name, content in secrets.items():
                sealed.add_member(name, [content])
            sealed.add_member(DATABASE_MEMBER, _read_chunks(database))
            part_count, missing_parts = await _add_parts(
                sealed, database, open_blob_store(settings.blob_url), on_progress
            )
            sealed.close()
        still_missing = await list_still_referenced(settings, work_dir / "after", missing_parts)
    unfinished_path.rename(path)
    flush(folder)
    backup_history.record_backup(settings.data, path.name, now, path.stat().st_size, secrets, len(still_missing))
    return Backup(path, settings.app_url, now, part_count, tuple(still_missing))


@contextmanager
def _removed_on_failure(path: Path) -> Iterator[None]:
    """Remove the file if the block raises: on a full disk, what was written would keep the disk full."""
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise


async def restore_backup(
    settings: Settings, path: Path, operator_private_key: bytes, on_progress: ProgressCallback
) -> Backup:
    """Restore a backup into the empty database and folders of the settings.

    Raise InvalidSealedCopy, Conflict and BadSetting before anything is written.
    """
    return await restore_members(settings, path, lambda: read_members(path, operator_private_key), on_progress)


def verify_members(path: Path, read: BackupMemberReader, on_progress: ProgressCallback) -> Backup:
    """Read every member and write nothing; `path` is for the result.

    Raise InvalidSealedCopy if the secrets or the database are missing, or if a part is damaged.
    """
    manifest: dict[str, Any] = {}
    seen_members: set[str] = set()
    part_count = 0
    for name, chunks in read():
        seen_members.add(name)
        if name == MANIFEST_MEMBER:
            manifest = _parse_manifest(b"".join(chunks))
        elif name in (DATABASE_MEMBER, ROWS_MEMBER):
            _check_secrets_present(seen_members)
        elif name.startswith(PART_MEMBER_PREFIX):
            check_part(name, b"".join(chunks))
            part_count += 1
            on_progress("read", part_count, 0)
    _check_secrets_present(seen_members)
    if not seen_members & {DATABASE_MEMBER, ROWS_MEMBER} or not manifest:
        raise InvalidSealedCopy("This backup contains no database. Nothing was written.")
    return Backup(path, str(manifest["app_url"]), int(manifest["made_at"]), part_count, ())


async def restore_members(
    settings: Settings, path: Path, read: BackupMemberReader, on_progress: ProgressCallback
) -> Backup:
    """As `restore_backup`, for members from any source; `path` is for the result."""
    verified = verify_members(path, read, on_progress)
    if verified.app_url != settings.app_url:
        raise BadSetting(
            f"This backup is of {verified.app_url}, and keepers' passwords work only at that address. "
            "Set DIARY_APP_URL to it. Nothing was written."
        )
    await copies.check_target_empty(settings)
    _check_no_other_secrets(settings, read)
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    secrets: dict[str, bytes] = {}
    with temporary_work_dir(settings.data) as work_dir:
        database = work_dir / "database"
        store, expected_parts, restored_parts = open_blob_store(settings.blob_url), set[str](), set[str]()
        for name, chunks in read():
            if name in (DATABASE_MEMBER, ROWS_MEMBER):
                if name == ROWS_MEMBER:
                    row_dump.load_chunks(chunks, database)
                else:
                    write_new_file(database, chunks)
                check_secrets(database, secrets[PEPPER_MEMBER], secrets[NOTARY_KEY_MEMBER])
                await copies.migrate_copy(settings, database)
                expected_parts = set(copies.list_part_names(database))
            elif name.startswith(PART_MEMBER_PREFIX):
                await store.put(name.removeprefix(PART_MEMBER_PREFIX), b"".join(chunks))
                restored_parts.add(name.removeprefix(PART_MEMBER_PREFIX))
                on_progress("files", len(restored_parts), len(expected_parts))
            elif name != MANIFEST_MEMBER:
                secrets[name] = b"".join(chunks)
        for name, content in secrets.items():
            _write_secret_if_absent(settings, name, content)
        # Last, so that a server never finds a database without the files that it needs.
        await copies.install_copy(settings, database, on_progress)
    return Backup(
        path, verified.app_url, verified.made_at, len(restored_parts), tuple(sorted(expected_parts - restored_parts))
    )


def create_operator_key(key_path: Path) -> bytes:
    """Create the operator's private key in `key_path` and return its public key. Raise Conflict if the file exists."""
    private_key = generate_scalar()
    try:
        write_new_file(key_path, iter([private_key]))
    except FileExistsError:
        raise Conflict(f"The file {key_path.name} exists already.") from None
    return public_point(private_key)


async def _add_parts(
    sealed: SealedBackupWriter, database: Path, store: BlobStore, on_progress: ProgressCallback
) -> tuple[int, list[str]]:
    """Copy every part. Return their number, and the names of those that are missing or damaged."""
    names, missing = copies.list_part_names(database), list[str]()
    for part_number, name in enumerate(names, 1):
        try:
            raw = await store.get(name)
            check_part(PART_MEMBER_PREFIX + name, raw)
            sealed.add_member(PART_MEMBER_PREFIX + name, [raw])
        except (NotFound, InvalidSealedCopy):
            missing.append(name)
        on_progress("files", part_number, len(names))
    return len(names) - len(missing), missing


async def list_still_referenced(settings: Settings, snapshot_path: Path, missing: list[str]) -> list[str]:
    """Return the names in `missing` that the database still references; see [Note: parts erased during a backup]."""
    if not missing:
        return []
    await copies.take_snapshot(settings, snapshot_path)
    referenced = set(copies.list_part_names(snapshot_path))
    return [name for name in missing if name in referenced]


def read_secrets(settings: Settings) -> dict[str, bytes]:
    """Return the pepper, the notary's keys and the canary. None is created.

    Raise BadSetting naming the missing ones.
    """
    required = {PEPPER_MEMBER: settings.find_existing_pepper(), NOTARY_KEY_MEMBER: settings.find_existing_notary_seed()}
    missing = [name for name, raw in required.items() if raw is None]
    if missing:
        raise BadSetting(
            f"No backup was made: {' and '.join(missing)} cannot be found, and without them nobody could use it. "
            "Check DIARY_DATA, DIARY_PEPPER and DIARY_NOTARY_KEY."
        )
    optional = {path.name: path.read_bytes() for path in sorted(settings.data.glob(OLD_NOTARY_KEYS_GLOB))}
    canary = settings.data / CANARY_MEMBER
    if canary.is_file():
        optional[CANARY_MEMBER] = canary.read_bytes()
    return {name: raw for name, raw in required.items() if raw is not None} | optional


def check_secrets(database: Path, pepper: bytes, notary_seed: bytes) -> None:
    """Raise BadSetting unless the copied database was written with these secrets."""
    statements = tuple(
        cast("Mapping[str, object]", parse_canonical_json(raw)) for raw in copies.list_key_statements(database)
    )
    notary = Ed25519Signer(notary_seed)
    check_keys(statements, notary)
    sample = copies.find_secrets_check_sample(database)
    if sample is None:
        return
    try:
        Pepper(pepper).open(KDF_PURPOSE, sample.account, sample.kdf)
    except SealError:
        raise BadSetting("The pepper is not the one this database was written with: nobody could sign in.") from None
    if sample.signed_head is None:
        return
    keys, _ = audit.trusted_keys(statements, notary.pub, None)
    head = cast("dict[str, object]", parse_canonical_json(sample.signed_head))
    for pub in keys.values():
        try:
            signed_objects.verify_object(head, pub, heads.TYPE, frozenset(head) - {"sig"})
        except KeptError:
            continue
        return
    raise BadSetting("The notary's key is not the one that signed what is in this database: phones would refuse it.")


def _check_secrets_present(seen_members: set[str]) -> None:
    """Raise InvalidSealedCopy unless the secrets came before the database."""
    if PEPPER_MEMBER not in seen_members:
        raise InvalidSealedCopy(_NO_PEPPER_MESSAGE)
    if NOTARY_KEY_MEMBER not in seen_members:
        raise InvalidSealedCopy(_NO_NOTARY_KEY_MESSAGE)


def check_part(name: str, raw: bytes) -> None:
    """Raise InvalidSealedCopy unless the part's bytes match the digest in its name."""
    if not name.endswith("-" + hashlib.sha256(raw).hexdigest()[:32]):
        raise InvalidSealedCopy("A file in this backup is damaged. Nothing was written.")


def _parse_manifest(raw: bytes) -> dict[str, Any]:
    """Return the backup's description of itself. Raise InvalidSealedCopy if it is malformed."""
    try:
        value = parse_canonical_json(raw)
        assert isinstance(value, dict)
        return {"app_url": str(value["app_url"]), "made_at": int(cast("int", value["made_at"]))}
    except (KeptError, AssertionError, KeyError, TypeError, ValueError):
        raise InvalidSealedCopy("The description in this backup cannot be read. Nothing was written.") from None


def _check_no_other_secrets(settings: Settings, read: BackupMemberReader) -> None:
    """Raise Conflict if the settings have secrets that differ from the backup's."""
    current_secrets = {
        PEPPER_MEMBER: settings.find_existing_pepper(),
        NOTARY_KEY_MEMBER: settings.find_existing_notary_seed(),
    }
    for name, chunks in read():
        if name in (DATABASE_MEMBER, ROWS_MEMBER):
            return
        current = current_secrets.get(name)
        if current is not None and current != b"".join(chunks):
            raise Conflict(
                f"The {name} on this server is not the one in the backup. Nothing was written. Move it away first."
            )


def _write_secret_if_absent(settings: Settings, name: str, content: bytes) -> None:
    """Write a secret unless it is in the settings or its file exists.

    Raise InvalidSealedCopy if `name` has a folder.
    """
    is_set = (name == PEPPER_MEMBER and settings.pepper) or (name == NOTARY_KEY_MEMBER and settings.notary_key)
    if Path(name).name != name:
        raise InvalidSealedCopy("This backup contains a file with an unsafe name.")
    if not is_set and not (settings.data / name).exists():
        write_new_file(settings.data / name, iter([content]))


def write_new_file(path: Path, chunks: Iterator[bytes]) -> None:
    """Write a new file, readable only by its owner, and flush it to the disk. Raise FileExistsError if it exists."""
    file_descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file_descriptor, "wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def _read_chunks(path: Path) -> Iterator[bytes]:
    """Yield a file's content in pieces of 1 MiB."""
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            yield chunk
