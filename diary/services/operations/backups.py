"""Backups: the database, every sealed part and the server's own secrets, in one sealed file; and back.

[Note: order] The secrets stand first in the file, then the database, then the parts it speaks of. So a backup that
nobody could ever sign in to is noticed at its first bytes, and every part can be held to the database that names it.
Restoring reads the whole file once before it writes anything.

[Note: what went in between] Parts are copied after the database. One that is missing by then may have been erased
for good in the meantime, which is what its keeper wanted; any other is damage, and the backup says so.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from diary.clock import Clock
from diary.config import Settings
from diary.crypto.signing import Ed25519Signer, generate_scalar, public_point
from diary.encoding import canonical_json, parse_canonical_json
from diary.errors import BadSetting, Conflict, InvalidSealedCopy, KeptError, NotFound, SealError
from diary.ledger import audit, heads, signed_objects
from diary.services.accounts.pepper import KDF_PURPOSE, Pepper
from diary.services.log.notary_keys import check_keys
from diary.services.operations import backup_history
from diary.services.operations.sealed_backup import SealedBackupWriter, read_members
from diary.services.operations.work_dir import exclusive_lock, remove_abandoned, temporary_work_dir
from diary.storage import backup as copies
from diary.storage.blob_store import BlobStore, flush, open_blob_store

ProgressCallback = Callable[[str, int, int], None]
MANIFEST_MEMBER, PEPPER_MEMBER, NOTARY_KEY_MEMBER, CANARY_MEMBER, DATABASE_MEMBER = (
    "about",
    "pepper",
    "notary.key",
    "canary",
    "database",
)
OLD_NOTARY_KEYS_GLOB: Final = "notary.*.key"
PART_MEMBER_PREFIX: Final = "parts/"
BACKUP_SUFFIX: Final = ".backup"
UNFINISHED_SUFFIX: Final = ".part"
_NO_PEPPER_MESSAGE: Final = (
    "This backup has no pepper in it: nobody could ever sign in to what it holds. Nothing was written."
)
_NO_NOTARY_KEY_MESSAGE: Final = (
    "This backup has no notary key in it: phones would refuse what it holds. Nothing was written."
)


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made or read. `lost`: parts that were missing or damaged before it was made."""

    path: Path
    app_url: str
    made_at: int
    part_count: int
    missing_parts: tuple[str, ...]


async def create_backup(
    settings: Settings, operator_public_key: bytes, folder: Path, clock: Clock, on_progress: ProgressCallback
) -> Backup:
    """Write a backup into `folder`; the server may go on meanwhile. Raises BadSetting first when secrets are missing."""
    secrets = _read_secrets(settings)
    now = clock.now_ms()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{backup_history.format_backup_time(now)}{BACKUP_SUFFIX}"
    unfinished_path = path.with_name(path.name + UNFINISHED_SUFFIX)
    remove_abandoned(folder, f"*{BACKUP_SUFFIX}{UNFINISHED_SUFFIX}")
    with temporary_work_dir(settings.data) as work_dir:
        database = work_dir / "database"
        await copies.take_snapshot(settings, database)
        on_progress("database", 1, 1)
        _check_secrets(database, secrets[PEPPER_MEMBER], secrets[NOTARY_KEY_MEMBER])
        manifest = {"app_url": settings.app_url, "made_at": now, "public_url": settings.public_url}
        with unfinished_path.open("xb") as file, exclusive_lock(unfinished_path):
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
        still_missing = await _still_referenced(settings, work_dir / "after", missing_parts)
    unfinished_path.rename(path)
    flush(folder)
    backup_history.record_backup(settings.data, path.name, now, path.stat().st_size, secrets, len(still_missing))
    return Backup(path, settings.app_url, now, part_count, tuple(still_missing))


def verify_backup(path: Path, operator_private_key: bytes, on_progress: ProgressCallback) -> Backup:
    """Read a backup to its end: every byte opens and its secrets belong to its database. Raises NotACopy; writes nothing."""
    manifest: dict[str, Any] = {}
    seen_members: set[str] = set()
    part_count = 0
    for name, chunks in read_members(path, operator_private_key):
        seen_members.add(name)
        if name == MANIFEST_MEMBER:
            manifest = _parse_manifest(b"".join(chunks))
        elif name == DATABASE_MEMBER:
            _check_secrets_present(seen_members)
        elif name.startswith(PART_MEMBER_PREFIX):
            _check_part(name, b"".join(chunks))
            part_count += 1
            on_progress("read", part_count, 0)
    _check_secrets_present(seen_members)
    if DATABASE_MEMBER not in seen_members or not manifest:
        raise InvalidSealedCopy("This backup has no database in it. Nothing was written.")
    return Backup(path, str(manifest["app_url"]), int(manifest["made_at"]), part_count, ())


async def restore_backup(
    settings: Settings, path: Path, operator_private_key: bytes, on_progress: ProgressCallback
) -> Backup:
    """Put a backup where the settings point, which must be empty. Raises NotACopy, Conflict and BadSetting before it writes."""
    verified = verify_backup(path, operator_private_key, on_progress)
    if verified.app_url != settings.app_url:
        raise BadSetting(
            f"This backup is of {verified.app_url}, and keepers' words open there only. "
            "Set DIARY_APP_URL to it. Nothing was written."
        )
    await copies.check_target_empty(settings)
    _check_no_other_secrets(settings, path, operator_private_key)
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    secrets: dict[str, bytes] = {}
    with temporary_work_dir(settings.data) as work_dir:
        database = work_dir / "database"
        store, expected_parts, restored_parts = open_blob_store(settings.blob_url), set[str](), set[str]()
        for name, chunks in read_members(path, operator_private_key):
            if name == DATABASE_MEMBER:
                _write_new_file(database, chunks)
                _check_secrets(database, secrets[PEPPER_MEMBER], secrets[NOTARY_KEY_MEMBER])
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
        # Last: a server finds a database only when everything it needs lies there.
        await copies.install_copy(settings, database, on_progress)
    return Backup(
        path, verified.app_url, verified.made_at, len(restored_parts), tuple(sorted(expected_parts - restored_parts))
    )


def create_operator_key(key_path: Path) -> bytes:
    """Draw the operator's key into `place`, its public half beside it; the public half. Raises Conflict when one is there."""
    private_key = generate_scalar()
    try:
        _write_new_file(key_path, iter([private_key]))
    except FileExistsError:
        raise Conflict(f"There is a file {key_path.name} already.") from None
    return public_point(private_key)


async def _add_parts(
    sealed: SealedBackupWriter, database: Path, store: BlobStore, on_progress: ProgressCallback
) -> tuple[int, list[str]]:
    """Copy every part; how many, and the names of those that are not there or not whole."""
    names, missing = copies.list_part_names(database), list[str]()
    for part_number, name in enumerate(names, 1):
        try:
            raw = await store.get(name)
            _check_part(PART_MEMBER_PREFIX + name, raw)
            sealed.add_member(PART_MEMBER_PREFIX + name, [raw])
        except (NotFound, InvalidSealedCopy):
            missing.append(name)
        on_progress("files", part_number, len(names))
    return len(names) - len(missing), missing


async def _still_referenced(settings: Settings, snapshot_path: Path, missing: list[str]) -> list[str]:
    """Those of `lost` that the database still speaks of; see [Note: what went in between]."""
    if not missing:
        return []
    await copies.take_snapshot(settings, snapshot_path)
    referenced = set(copies.list_part_names(snapshot_path))
    return [name for name in missing if name in referenced]


def _read_secrets(settings: Settings) -> dict[str, bytes]:
    """The pepper, the notary's keys and the canary as they are; none is made. Raises BadSetting naming what is missing."""
    required = {PEPPER_MEMBER: settings.find_existing_pepper(), NOTARY_KEY_MEMBER: settings.find_existing_notary_seed()}
    missing = [name for name, raw in required.items() if raw is None]
    if missing:
        raise BadSetting(
            f"No backup was made: {' and '.join(missing)} cannot be found, and without them nobody could use it. "
            "Look at DIARY_DATA, DIARY_PEPPER and DIARY_NOTARY_KEY."
        )
    optional = {path.name: path.read_bytes() for path in sorted(settings.data.glob(OLD_NOTARY_KEYS_GLOB))}
    canary = settings.data / CANARY_MEMBER
    if canary.is_file():
        optional[CANARY_MEMBER] = canary.read_bytes()
    return {name: raw for name, raw in required.items() if raw is not None} | optional


def _check_secrets(database: Path, pepper: bytes, notary_seed: bytes) -> None:
    """Return when these secrets are those a copied database was written with. Raises BadSetting."""
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
    """Raise NotACopy unless the secrets have come; they stand before the database."""
    if PEPPER_MEMBER not in seen_members:
        raise InvalidSealedCopy(_NO_PEPPER_MESSAGE)
    if NOTARY_KEY_MEMBER not in seen_members:
        raise InvalidSealedCopy(_NO_NOTARY_KEY_MESSAGE)


def _check_part(name: str, raw: bytes) -> None:
    """Return when a part's bytes are those its name was made of. Raises NotACopy."""
    if not name.endswith("-" + hashlib.sha256(raw).hexdigest()[:32]):
        raise InvalidSealedCopy("A file in this backup is damaged. Nothing was written.")


def _parse_manifest(raw: bytes) -> dict[str, Any]:
    """What a backup says of itself. Raises NotACopy."""
    try:
        value = parse_canonical_json(raw)
        assert isinstance(value, dict)
        return {"app_url": str(value["app_url"]), "made_at": int(cast("int", value["made_at"]))}
    except (KeptError, AssertionError, KeyError, TypeError, ValueError):
        raise InvalidSealedCopy("What this backup says of itself cannot be read. Nothing was written.") from None


def _check_no_other_secrets(settings: Settings, path: Path, operator_private_key: bytes) -> None:
    """Raise Conflict when other secrets than the backup's lie where the settings point."""
    current_secrets = {
        PEPPER_MEMBER: settings.find_existing_pepper(),
        NOTARY_KEY_MEMBER: settings.find_existing_notary_seed(),
    }
    for name, chunks in read_members(path, operator_private_key):
        if name == DATABASE_MEMBER:
            return
        current = current_secrets.get(name)
        if current is not None and current != b"".join(chunks):
            raise Conflict(
                f"Another {name} lies here or is set than the backup holds. Nothing was written; move it away first."
            )


def _write_secret_if_absent(settings: Settings, name: str, content: bytes) -> None:
    """Write a secret unless it is set or lies there."""
    is_set = (name == PEPPER_MEMBER and settings.pepper) or (name == NOTARY_KEY_MEMBER and settings.notary_key)
    if Path(name).name != name:
        raise InvalidSealedCopy("This backup names a file it should not.")
    if not is_set and not (settings.data / name).exists():
        _write_new_file(settings.data / name, iter([content]))


def _write_new_file(path: Path, chunks: Iterator[bytes]) -> None:
    """A new file, readable by its owner only, on the disk."""
    file_descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file_descriptor, "wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def _read_chunks(path: Path) -> Iterator[bytes]:
    """A file, a mebibyte at a time."""
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            yield chunk
