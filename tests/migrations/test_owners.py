"""Databases from before files had an owner and a kind: taken-over files return to the diary, the rest continues."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tortoise.context import TortoiseContext
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget

from diary import config
from diary.app import open_instance
from diary.clock import FixedClock
from diary.config import Settings
from diary.encoding import b64, canonical_json
from diary.errors import ContentErased, NotFound
from diary.services.accounts.pepper import KDF_PURPOSE, Pepper
from diary.services.instance import Instance
from diary.services.sync import blobs
from diary.services.sync.purge import delete_unserved_files
from diary.storage import backup, database
from diary.storage.accounts.account_rows import find_storage_usage
from diary.storage.sharing import handovers as stored
from diary.storage.sharing import witness_statements
from diary.storage.sync.blobs import file_reference, handover_reference, statement_reference
from tests.migrations.test_rows import DATABASES, RawDatabase
from tests.server_fixture import NOON_MS

LAST_MIGRATION_BEFORE = "0011_marks"
ACCOUNT_ID, DIARY_ID, CODE_ID, USED_ID = (bytes([n]) * 16 for n in (1, 2, 3, 4))
DAY_MS = 86_400_000
PART_BYTES = 500


@dataclass
class OldReleaseDatabase:
    """Rows of the previous release, inserted one by one, and their content where that release stored it."""

    database: RawDatabase
    blob_folder: Path
    row_numbers: Iterator[int] = field(default_factory=lambda: count(1))
    named_blobs: list[bytes] = field(default_factory=list)

    def insert_row(self, table: str, **values: Any) -> None:
        """Insert one row."""
        self.database.execute(
            f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(map(self._literal, values.values()))})"
        )

    def _literal(self, value: Any) -> str:
        """Return a value in this database's syntax."""
        if isinstance(value, bytes):
            return rf"'\x{value.hex()}'" if self.database.postgres else f"x'{value.hex()}'"
        if isinstance(value, bool) and not self.database.postgres:
            return str(int(value))
        return "NULL" if value is None else repr(value)

    def insert_file(
        self, n: int, *, parts: int = 1, parts_present: int = 1, is_named: bool = True, **extra: Any
    ) -> bytes:
        """Insert a file or pack of `parts` parts, of which `parts_present` have arrived, and return its id."""
        blob, row = bytes([100 + n]) * 16, next(self.row_numbers)
        columns = {
            "diary_id": DIARY_ID,
            "parts": parts,
            "size": PART_BYTES * parts,
            "complete": parts_present == parts,
            "touched_at": NOON_MS - DAY_MS,
        }
        self.insert_row("blob", id=row, blob=blob, **(columns | {"erased": False} | extra))
        for i in range(parts_present):
            raw = part_content(blob, i)
            digest = hashlib.sha256(raw).digest()
            self.insert_row("part", blob_id=row, i=i, size=PART_BYTES, digest=digest)
            place = self.blob_folder / DIARY_ID.hex() / blob.hex() / f"{i}-{digest.hex()[:32]}"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(raw)
        if is_named:
            self.named_blobs.append(blob)
        return blob

    def insert_handover(self, blob: bytes, **extra: Any) -> None:
        """Insert a handover with that id."""
        columns = {
            "name_mac": blob,
            "auth_mac": blob,
            "kdf": b"{}",
            "made_at": NOON_MS,
            "expires_at": NOON_MS + 14 * DAY_MS,
        }
        self.insert_row("handover", id=blob, diary_id=DIARY_ID, **(columns | extra))

    def insert_witness_code(self, code: bytes, upload: bytes, answered_at: int | None = None) -> None:
        """Insert a witness code that names this upload."""
        columns = {
            "name_mac": code,
            "sealed": b"x",
            "made_at": NOON_MS,
            "expires_at": NOON_MS + 14 * DAY_MS,
            "answered_at": answered_at,
        }
        self.insert_row("witness_code", id=code, diary_id=DIARY_ID, upload=upload, **columns)

    def insert_version(self) -> None:
        """Insert a version that names every file to be named."""
        facts = canonical_json({"blobs": [b64(blob) for blob in self.named_blobs]})
        columns = {
            "seq": 1,
            "record": CODE_ID,
            "version": CODE_ID,
            "body_digest": CODE_ID,
            "leaf": CODE_ID,
            "sealed": b"x",
            "answer": b"{}",
        }
        self.insert_row("version", id=0, diary_id=DIARY_ID, facts=facts, **columns)


def part_content(blob: bytes, i: int) -> bytes:
    """Return the content of a part."""
    return (blob + bytes([i])) * (PART_BYTES // 17) + bytes(PART_BYTES % 17)


@dataclass
class UpgradedDatabase:
    """Ids of the old rows."""

    ids: dict[str, bytes]
    settings: Settings
    database: RawDatabase


@pytest.fixture(params=DATABASES)
async def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> UpgradedDatabase:
    """Return a database of the previous release with a row for every case, migrated."""
    url = {}
    if request.param == "postgres":
        url["DIARY_DATABASE_URL"] = request.getfixturevalue("postgres").create_empty_database()
    settings = config.load_settings({"DIARY_DATA": str(tmp_path), **url})
    async with TortoiseContext() as context:
        await context.init(config=database._tortoise_config(settings.database_url))
        executor = MigrationExecutor(context.connections.get("default"), database._TORTOISE_APPS)
        await executor.migrate([MigrationTarget(app_label=database.APP_LABEL, name=LAST_MIGRATION_BEFORE)])
    old_database = OldReleaseDatabase(RawDatabase(settings), tmp_path / "blobs")
    settings.load_or_create_notary_seed()
    fixed = dict.fromkeys(("login_mac", "words_wrap", "auth_salt", "auth_digest", "keyset"), ACCOUNT_ID)
    fixed["kdf"] = Pepper(settings.load_or_create_pepper()).seal(
        KDF_PURPOSE, ACCOUNT_ID, canonical_json({"m": 65536, "t": 3})
    )
    old_database.insert_row(
        "account", id=ACCOUNT_ID, ecdsa_pub=ACCOUNT_ID, hpke_pub=ACCOUNT_ID, file_bytes=9 * PART_BYTES, **fixed
    )
    old_database.insert_row(
        "diary", id=DIARY_ID, account_id=ACCOUNT_ID, epoch=1, wrap=DIARY_ID, seq=1, head=DIARY_ID, text_bytes=1
    )
    ids = {
        "taken by a pack": old_database.insert_file(1),
        "taken before it was named": old_database.insert_file(2, is_named=False),
        "a pack": old_database.insert_file(3, is_named=False, parts=2, parts_present=2, touched_at=NOON_MS + 5),
        "taken by a witness": old_database.insert_file(4),
        "a statement": old_database.insert_file(5, is_named=False, touched_at=NOON_MS + 5),
        "erased by a pack": old_database.insert_file(6, parts_present=0, erased=True, complete=False, parts=0, size=0),
        "erased by its keeper": old_database.insert_file(
            7, is_named=False, parts_present=0, erased=True, complete=False, parts=0, size=0
        ),
        "half sent": old_database.insert_file(8, parts=2, parts_present=1),
        "being removed": old_database.insert_file(9, is_named=False, erased=True, complete=False),
        "a pack on its way": old_database.insert_file(10, is_named=False, parts=2, parts_present=1, touched_at=NOON_MS),
    }
    old_database.insert_version()
    for name in ("taken by a pack", "taken before it was named", "a pack", "erased by a pack", "a pack on its way"):
        old_database.insert_handover(ids[name])
    old_database.insert_witness_code(CODE_ID, ids["taken by a witness"])
    old_database.insert_witness_code(USED_ID, ids["a statement"], NOON_MS + 9)
    if old_database.database.postgres:
        # The rows above chose their own numbers; continue the sequence after them.
        old_database.database.execute("SELECT setval(pg_get_serial_sequence('blob', 'id'), 100)")
    await database.migrate(settings)
    return UpgradedDatabase(ids, settings, old_database.database)


async def fetch_part(instance: Instance, place: Any, i: int = 0) -> bytes:
    """Fetch a part."""
    return await blobs.get_part(instance, place, i)


async def test_files_taken_over_are_returned_to_their_diary(upgraded: UpgradedDatabase) -> None:
    """Files taken over by a pack or a witness, yet named by a version, are read whole, whatever happens to either."""
    async with open_instance(upgraded.settings, FixedClock(NOON_MS)) as instance:
        for name in ("taken by a pack", "taken before it was named", "taken by a witness"):
            place = file_reference(ACCOUNT_ID, DIARY_ID, upgraded.ids[name])
            assert (await blobs.find_upload_state(instance, place)).is_complete
            assert await fetch_part(instance, place) == part_content(upgraded.ids[name], 0)
        for name in ("taken by a pack", "taken before it was named"):
            blob = upgraded.ids[name]
            await instance.db.writer.run(partial(stored.end_handover, account=ACCOUNT_ID, handover=blob, now=NOON_MS))
        await instance.db.writer.run(lambda hand: witness_statements.remove_code(hand, ACCOUNT_ID, DIARY_ID, CODE_ID))
        await instance.db.writer.run(
            lambda hand: stored.erase_due(
                hand,
                [state.id for state in stored.list_states(hand, None)],
                NOON_MS + 30 * DAY_MS,
                NOON_MS + 29 * DAY_MS,
            )
        )
        await delete_unserved_files(instance)
        for name in ("taken by a pack", "taken before it was named", "taken by a witness"):
            assert await fetch_part(instance, file_reference(ACCOUNT_ID, DIARY_ID, upgraded.ids[name])) == part_content(
                upgraded.ids[name], 0
            )


async def test_packs_and_statements_go_on(upgraded: UpgradedDatabase) -> None:
    """Other files stay with packs and statements: parts are fetched, files read by id, uploads continue."""
    async with open_instance(upgraded.settings, FixedClock(NOON_MS)) as instance:
        pack = upgraded.ids["a pack"]
        pack_parts = await stored.find_parts(instance.db, pack)
        assert pack_parts is not None and pack_parts[1] == 2
        assert await fetch_part(instance, handover_reference(ACCOUNT_ID, DIARY_ID, pack), 1) == part_content(pack, 1)
        statement = upgraded.ids["a statement"]
        assert await fetch_part(
            instance, statement_reference(ACCOUNT_ID, DIARY_ID, USED_ID, statement)
        ) == part_content(statement, 0)
        statement_files = await witness_statements.find_statement_files(instance.db, ACCOUNT_ID, DIARY_ID, statement)
        assert statement_files == statement_reference(ACCOUNT_ID, DIARY_ID, USED_ID, statement)
        partial_upload_state = await blobs.find_upload_state(
            instance, handover_reference(ACCOUNT_ID, DIARY_ID, upgraded.ids["a pack on its way"])
        )
        assert (partial_upload_state.received_parts, partial_upload_state.is_complete) == ((0,), False)
        rest = await blobs.find_upload_state(instance, file_reference(ACCOUNT_ID, DIARY_ID, upgraded.ids["half sent"]))
        assert (rest.part_count, rest.received_parts, rest.is_complete) == (2, (0,), False)
        for name in ("a pack", "a statement", "a pack on its way"):
            with pytest.raises(NotFound):
                await blobs.find_upload_state(instance, file_reference(ACCOUNT_ID, DIARY_ID, upgraded.ids[name]))


async def test_what_is_erased_stays_so_and_what_was_erased_wrongly_can_be_sent_again(
    upgraded: UpgradedDatabase,
) -> None:
    """A keeper's own erasure stays 410; a file erased by a pack is announced again; quota is counted once."""
    async with open_instance(upgraded.settings, FixedClock(NOON_MS)) as instance:
        with pytest.raises(ContentErased):
            await blobs.declare_file(
                instance, file_reference(ACCOUNT_ID, DIARY_ID, upgraded.ids["erased by its keeper"]), 1, PART_BYTES
            )
        before = await find_storage_usage(instance.db, ACCOUNT_ID)
        assert before is not None and before.file_bytes == 9 * PART_BYTES
        assert await delete_unserved_files(instance) == 1
        room_after = await find_storage_usage(instance.db, ACCOUNT_ID)
        assert room_after == before
        declared_again = await blobs.declare_file(
            instance, file_reference(ACCOUNT_ID, DIARY_ID, upgraded.ids["erased by a pack"]), 1, PART_BYTES
        )
        assert (declared_again.received_parts, declared_again.is_complete) == ((), False)
        with pytest.raises(ContentErased):
            await blobs.find_upload_state(instance, file_reference(ACCOUNT_ID, DIARY_ID, upgraded.ids["being removed"]))
    folder = upgraded.settings.data / "blobs" / DIARY_ID.hex() / upgraded.ids["being removed"].hex()
    assert not list(folder.rglob("*"))


async def test_a_backup_finds_every_part_where_it_lies(upgraded: UpgradedDatabase, tmp_path: Path) -> None:
    """A backup includes each part that anyone can still fetch, under its old name."""
    copy = tmp_path / "copy"
    await backup.take_snapshot(upgraded.settings, copy)
    names = backup.list_part_names(copy)
    assert len(names) == len(set(names)) == 8
    assert all((tmp_path / "blobs" / name).is_file() for name in names)
