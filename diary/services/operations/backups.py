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
from diary.crypto.signing import Notary, new_scalar, point_of
from diary.encoding import canon, parse
from diary.errors import BadSetting, Conflict, KeptError, NotACopy, NotFound, SealError
from diary.ledger import audit, heads, signed_objects
from diary.services.accounts.pepper import KDF, Pepper
from diary.services.log.notary_keys import check_keys
from diary.services.operations import backup_history
from diary.services.operations.sealed_backup import SealedFile, read_members
from diary.services.operations.work_dir import held, sweep, workplace
from diary.storage import backup as copies
from diary.storage.blob_store import BlobStore, flush, open_store

Step = Callable[[str, int, int], None]
ABOUT, PEPPER, NOTARY, CANARY, DATABASE = "about", "pepper", "notary.key", "canary", "database"
OLD_KEYS: Final = "notary.*.key"
PARTS: Final = "parts/"
SUFFIX: Final = ".backup"
HALF: Final = ".part"
_NO_PEPPER: Final = "This backup has no pepper in it: nobody could ever sign in to what it holds. Nothing was written."
_NO_NOTARY: Final = "This backup has no notary key in it: phones would refuse what it holds. Nothing was written."


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made or read. `lost`: parts that were missing or damaged before it was made."""

    path: Path
    app_url: str
    made_at: int
    parts: int
    lost: tuple[str, ...]


async def make(settings: Settings, pub: bytes, folder: Path, clock: Clock, step: Step) -> Backup:
    """Write a backup into `folder`; the server may go on meanwhile. Raises BadSetting first when secrets are missing."""
    secrets = _secrets(settings)
    now = clock.now_ms()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{backup_history.day_and_time(now)}{SUFFIX}"
    half = path.with_name(path.name + HALF)
    sweep(folder, f"*{SUFFIX}{HALF}")
    with workplace(settings.data) as work:
        database = work / "database"
        await copies.snapshot(settings, database)
        step("database", 1, 1)
        _check_secrets(database, secrets[PEPPER], secrets[NOTARY])
        about = {"app_url": settings.app_url, "made_at": now, "public_url": settings.public_url}
        with half.open("xb") as file, held(half):
            half.chmod(0o600)
            sealed = SealedFile(file, pub)
            sealed.add(ABOUT, [canon(about)])
            for name, content in secrets.items():
                sealed.add(name, [content])
            sealed.add(DATABASE, _pieces(database))
            parts, lost = await _add_parts(sealed, database, open_store(settings.blob_url), step)
            sealed.close()
        still = await _still_named(settings, work / "after", lost)
    half.rename(path)
    flush(folder)
    backup_history.note_backup(settings.data, path.name, now, path.stat().st_size, secrets, len(still))
    return Backup(path, settings.app_url, now, parts, tuple(still))


def look(path: Path, scalar: bytes, step: Step) -> Backup:
    """Read a backup to its end: every byte opens and its secrets belong to its database. Raises NotACopy; writes nothing."""
    about: dict[str, Any] = {}
    seen: set[str] = set()
    parts = 0
    for name, pieces in read_members(path, scalar):
        seen.add(name)
        if name == ABOUT:
            about = _about(b"".join(pieces))
        elif name == DATABASE:
            _refuse_incomplete(seen)
        elif name.startswith(PARTS):
            _check_part(name, b"".join(pieces))
            parts += 1
            step("read", parts, 0)
    _refuse_incomplete(seen)
    if DATABASE not in seen or not about:
        raise NotACopy("This backup has no database in it. Nothing was written.")
    return Backup(path, str(about["app_url"]), int(about["made_at"]), parts, ())


async def restore(settings: Settings, path: Path, scalar: bytes, step: Step) -> Backup:
    """Put a backup where the settings point, which must be empty. Raises NotACopy, Conflict and BadSetting before it writes."""
    found = look(path, scalar, step)
    if found.app_url != settings.app_url:
        raise BadSetting(
            f"This backup is of {found.app_url}, and keepers' words open there only. "
            "Set DIARY_APP_URL to it. Nothing was written."
        )
    await copies.check_free(settings)
    _check_secret_places(settings, path, scalar)
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    secrets: dict[str, bytes] = {}
    with workplace(settings.data) as work:
        database = work / "database"
        store, named, put = open_store(settings.blob_url), set[str](), set[str]()
        for name, pieces in read_members(path, scalar):
            if name == DATABASE:
                _write(database, pieces)
                _check_secrets(database, secrets[PEPPER], secrets[NOTARY])
                await copies.bring_up(settings, database)
                named = set(copies.list_parts(database))
            elif name.startswith(PARTS):
                await store.put(name.removeprefix(PARTS), b"".join(pieces))
                put.add(name.removeprefix(PARTS))
                step("files", len(put), len(named))
            elif name != ABOUT:
                secrets[name] = b"".join(pieces)
        for name, content in secrets.items():
            _keep_secret(settings, name, content)
        # Last: a server finds a database only when everything it needs lies there.
        await copies.put_in_place(settings, database, step)
    return Backup(path, found.app_url, found.made_at, len(put), tuple(sorted(named - put)))


def new_key(place: Path) -> bytes:
    """Draw the operator's key into `place`, its public half beside it; the public half. Raises Conflict when one is there."""
    scalar = new_scalar()
    try:
        _write(place, iter([scalar]))
    except FileExistsError:
        raise Conflict(f"There is a file {place.name} already.") from None
    return point_of(scalar)


async def _add_parts(sealed: SealedFile, database: Path, store: BlobStore, step: Step) -> tuple[int, list[str]]:
    """Copy every part; how many, and the names of those that are not there or not whole."""
    names, lost = copies.list_parts(database), list[str]()
    for at, name in enumerate(names, 1):
        try:
            raw = await store.get(name)
            _check_part(PARTS + name, raw)
            sealed.add(PARTS + name, [raw])
        except (NotFound, NotACopy):
            lost.append(name)
        step("files", at, len(names))
    return len(names) - len(lost), lost


async def _still_named(settings: Settings, again: Path, lost: list[str]) -> list[str]:
    """Those of `lost` that the database still speaks of; see [Note: what went in between]."""
    if not lost:
        return []
    await copies.snapshot(settings, again)
    named = set(copies.list_parts(again))
    return [name for name in lost if name in named]


def _secrets(settings: Settings) -> dict[str, bytes]:
    """The pepper, the notary's keys and the canary as they are; none is made. Raises BadSetting naming what is missing."""
    found = {PEPPER: settings.find_pepper(), NOTARY: settings.find_notary_seed()}
    missing = [name for name, raw in found.items() if raw is None]
    if missing:
        raise BadSetting(
            f"No backup was made: {' and '.join(missing)} cannot be found, and without them nobody could use it. "
            "Look at DIARY_DATA, DIARY_PEPPER and DIARY_NOTARY_KEY."
        )
    old = {path.name: path.read_bytes() for path in sorted(settings.data.glob(OLD_KEYS))}
    canary = settings.data / CANARY
    if canary.is_file():
        old[CANARY] = canary.read_bytes()
    return {name: raw for name, raw in found.items() if raw is not None} | old


def _check_secrets(database: Path, pepper: bytes, seed: bytes) -> None:
    """Return when these secrets are those a copied database was written with. Raises BadSetting."""
    told = tuple(cast("Mapping[str, object]", parse(raw)) for raw in copies.list_statements(database))
    notary = Notary(seed)
    check_keys(told, notary)
    sample = copies.find_sample(database)
    if sample is None:
        return
    try:
        Pepper(pepper).open(KDF, sample.account, sample.kdf)
    except SealError:
        raise BadSetting("The pepper is not the one this database was written with: nobody could sign in.") from None
    if sample.signed_head is None:
        return
    keys, _ = audit.keys_of(told, notary.pub, None)
    head = cast("dict[str, object]", parse(sample.signed_head))
    for pub in keys.values():
        try:
            signed_objects.check(head, pub, heads.TYPE, frozenset(head) - {"sig"})
        except KeptError:
            continue
        return
    raise BadSetting("The notary's key is not the one that signed what is in this database: phones would refuse it.")


def _refuse_incomplete(seen: set[str]) -> None:
    """Raise NotACopy unless the secrets have come; they stand before the database."""
    if PEPPER not in seen:
        raise NotACopy(_NO_PEPPER)
    if NOTARY not in seen:
        raise NotACopy(_NO_NOTARY)


def _check_part(name: str, raw: bytes) -> None:
    """Return when a part's bytes are those its name was made of. Raises NotACopy."""
    if not name.endswith("-" + hashlib.sha256(raw).hexdigest()[:32]):
        raise NotACopy("A file in this backup is damaged. Nothing was written.")


def _about(raw: bytes) -> dict[str, Any]:
    """What a backup says of itself. Raises NotACopy."""
    try:
        value = parse(raw)
        assert isinstance(value, dict)
        return {"app_url": str(value["app_url"]), "made_at": int(cast("int", value["made_at"]))}
    except (KeptError, AssertionError, KeyError, TypeError, ValueError):
        raise NotACopy("What this backup says of itself cannot be read. Nothing was written.") from None


def _check_secret_places(settings: Settings, path: Path, scalar: bytes) -> None:
    """Raise Conflict when other secrets than the backup's lie where the settings point."""
    here = {PEPPER: settings.find_pepper(), NOTARY: settings.find_notary_seed()}
    for name, pieces in read_members(path, scalar):
        if name == DATABASE:
            return
        there = here.get(name)
        if there is not None and there != b"".join(pieces):
            raise Conflict(
                f"Another {name} lies here or is set than the backup holds. Nothing was written; move it away first."
            )


def _keep_secret(settings: Settings, name: str, content: bytes) -> None:
    """Write a secret unless it is set or lies there."""
    is_set = (name == PEPPER and settings.pepper) or (name == NOTARY and settings.notary_key)
    if Path(name).name != name:
        raise NotACopy("This backup names a file it should not.")
    if not is_set and not (settings.data / name).exists():
        _write(settings.data / name, iter([content]))


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    """A new file, readable by its owner only, on the disk."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def _pieces(path: Path) -> Iterator[bytes]:
    """A file, a mebibyte at a time."""
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            yield piece
