"""A database from before files had an owner and a kind: what was taken over goes back to the diary, and the rest goes on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
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
from diary.encoding import b64, canon
from diary.errors import Erased, NotFound
from diary.services.accounts.pepper import KDF, Pepper
from diary.services.instance import Instance
from diary.services.sync import blobs
from diary.services.sync.purge import bury
from diary.storage import backup, database
from diary.storage.accounts.account_rows import find_room
from diary.storage.sharing import handovers as stored
from diary.storage.sharing import witness_statements
from diary.storage.sync.blobs import file_place, handover_place, statement_place
from tests.keepers import NOON
from tests.migrations.test_rows import DATABASES, Kept

BEFORE = "0011_marks"
ACCOUNT, DIARY, CODE, USED = (bytes([n]) * 16 for n in (1, 2, 3, 4))
DAY = 86_400_000
SIZE = 500


@dataclass
class Old:
    """Rows of the release before, put in one by one, and their bytes where that release put them."""

    kept: Kept
    store: Path
    rows: Iterator[int] = field(default_factory=lambda: count(1))
    named: list[bytes] = field(default_factory=list)

    def put(self, table: str, **values: Any) -> None:
        """One row."""
        self.kept.run(
            f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(map(self._literal, values.values()))})"
        )

    def _literal(self, value: Any) -> str:
        """A value as this database spells it."""
        if isinstance(value, bytes):
            return rf"'\x{value.hex()}'" if self.kept.postgres else f"x'{value.hex()}'"
        if isinstance(value, bool) and not self.kept.postgres:
            return str(int(value))
        return "NULL" if value is None else repr(value)

    def file(self, n: int, *, parts: int = 1, have: int = 1, named: bool = True, **more: Any) -> bytes:
        """A file or pack of `parts` parts of which `have` have come: its id."""
        blob, row = bytes([100 + n]) * 16, next(self.rows)
        told = {
            "diary_id": DIARY,
            "parts": parts,
            "size": SIZE * parts,
            "complete": have == parts,
            "touched_at": NOON - DAY,
        }
        self.put("blob", id=row, blob=blob, **(told | {"erased": False} | more))
        for i in range(have):
            raw = content_of(blob, i)
            digest = hashlib.sha256(raw).digest()
            self.put("part", blob_id=row, i=i, size=SIZE, digest=digest)
            place = self.store / DIARY.hex() / blob.hex() / f"{i}-{digest.hex()[:32]}"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(raw)
        if named:
            self.named.append(blob)
        return blob

    def handover(self, blob: bytes, **more: Any) -> None:
        """A hand-over of that id."""
        told = {"name_mac": blob, "auth_mac": blob, "kdf": b"{}", "made_at": NOON, "expires_at": NOON + 14 * DAY}
        self.put("handover", id=blob, diary_id=DIARY, **(told | more))

    def code(self, code: bytes, upload: bytes, answered_at: int | None = None) -> None:
        """A witness's code that named this upload."""
        told = {
            "name_mac": code,
            "sealed": b"x",
            "made_at": NOON,
            "expires_at": NOON + 14 * DAY,
            "answered_at": answered_at,
        }
        self.put("witness_code", id=code, diary_id=DIARY, upload=upload, **told)

    def version(self) -> None:
        """A version that names every file that is to be named."""
        facts = canon({"blobs": [b64(blob) for blob in self.named]})
        told = {
            "seq": 1,
            "record": CODE,
            "version": CODE,
            "body_digest": CODE,
            "leaf": CODE,
            "sealed": b"x",
            "answer": b"{}",
        }
        self.put("version", id=0, diary_id=DIARY, facts=facts, **told)


def content_of(blob: bytes, i: int) -> bytes:
    """Bytes of a part."""
    return (blob + bytes([i])) * (SIZE // 17) + bytes(SIZE % 17)


@dataclass
class Told:
    """The ids of what stood there."""

    ids: dict[str, bytes]
    settings: Settings
    kept: Kept


@pytest.fixture(params=DATABASES)
async def old(request: pytest.FixtureRequest, tmp_path: Path) -> Told:
    """The release before, with a row for every case, brought up to date."""
    url = {"DIARY_DATABASE_URL": request.getfixturevalue("postgres").empty()} if request.param == "postgres" else {}
    settings = config.load({"DIARY_DATA": str(tmp_path), **url})
    async with TortoiseContext() as context:
        await context.init(config=database._config(settings.database_url))
        executor = MigrationExecutor(context.connections.get("default"), database._APPS)
        await executor.migrate([MigrationTarget(app_label=database.APP, name=BEFORE)])
    made = Old(Kept(settings), tmp_path / "blobs")
    settings.read_notary_seed()
    fixed = dict.fromkeys(("login_mac", "words_wrap", "auth_salt", "auth_digest", "keyset"), ACCOUNT)
    fixed["kdf"] = Pepper(settings.read_pepper()).seal(KDF, ACCOUNT, canon({"m": 65536, "t": 3}))
    made.put("account", id=ACCOUNT, ecdsa_pub=ACCOUNT, hpke_pub=ACCOUNT, file_bytes=9 * SIZE, **fixed)
    made.put("diary", id=DIARY, account_id=ACCOUNT, epoch=1, wrap=DIARY, seq=1, head=DIARY, text_bytes=1)
    ids = {
        "taken by a pack": made.file(1),
        "taken before it was named": made.file(2, named=False),
        "a pack": made.file(3, named=False, parts=2, have=2, touched_at=NOON + 5),
        "taken by a witness": made.file(4),
        "a statement": made.file(5, named=False, touched_at=NOON + 5),
        "erased by a pack": made.file(6, have=0, erased=True, complete=False, parts=0, size=0),
        "erased by its keeper": made.file(7, named=False, have=0, erased=True, complete=False, parts=0, size=0),
        "half sent": made.file(8, parts=2, have=1),
        "being removed": made.file(9, named=False, erased=True, complete=False),
        "a pack on its way": made.file(10, named=False, parts=2, have=1, touched_at=NOON),
    }
    made.version()
    for name in ("taken by a pack", "taken before it was named", "a pack", "erased by a pack", "a pack on its way"):
        made.handover(ids[name])
    made.code(CODE, ids["taken by a witness"])
    made.code(USED, ids["a statement"], NOON + 9)
    if made.kept.postgres:
        # The rows above chose their numbers; those of that release took them from here.
        made.kept.run("SELECT setval(pg_get_serial_sequence('blob', 'id'), 100)")
    await database.migrate(settings)
    return Told(ids, settings, made.kept)


async def part(instance: Instance, place: Any, i: int = 0) -> bytes:
    """A part as it is fetched."""
    return await blobs.get_part(instance, place, i)


async def test_files_that_were_taken_over_are_the_diarys_again(old: Told) -> None:
    """By a pack or a witness, named by a version or there before: read whole, and no end of either touches them."""
    async with open_instance(old.settings, FixedClock(NOON)) as instance:
        for name in ("taken by a pack", "taken before it was named", "taken by a witness"):
            place = file_place(ACCOUNT, DIARY, old.ids[name])
            assert (await blobs.state(instance, place)).complete
            assert await part(instance, place) == content_of(old.ids[name], 0)
        for name in ("taken by a pack", "taken before it was named"):
            one = old.ids[name]
            await instance.db.writer.run(lambda hand, one=one: stored.end(hand, ACCOUNT, one, NOON))
        await instance.db.writer.run(lambda hand: witness_statements.remove(hand, ACCOUNT, DIARY, CODE))
        await instance.db.writer.run(lambda hand: stored.doom_due(hand, NOON + 30 * DAY, NOON, NOON + 29 * DAY))
        await bury(instance)
        for name in ("taken by a pack", "taken before it was named", "taken by a witness"):
            assert await part(instance, file_place(ACCOUNT, DIARY, old.ids[name])) == content_of(old.ids[name], 0)


async def test_packs_and_statements_go_on(old: Told) -> None:
    """What was theirs is theirs: parts are fetched, a keeper reads a statement's files by their id, an upload goes on."""
    async with open_instance(old.settings, FixedClock(NOON)) as instance:
        pack = old.ids["a pack"]
        whole = await stored.find_parts(instance.db, pack)
        assert whole is not None and whole[1] == 2
        assert await part(instance, handover_place(ACCOUNT, DIARY, pack), 1) == content_of(pack, 1)
        statement = old.ids["a statement"]
        assert await part(instance, statement_place(ACCOUNT, DIARY, USED, statement)) == content_of(statement, 0)
        found = await witness_statements.find_files(instance.db, ACCOUNT, DIARY, statement)
        assert found == statement_place(ACCOUNT, DIARY, USED, statement)
        half = await blobs.state(instance, handover_place(ACCOUNT, DIARY, old.ids["a pack on its way"]))
        assert (half.have, half.complete) == ((0,), False)
        rest = await blobs.state(instance, file_place(ACCOUNT, DIARY, old.ids["half sent"]))
        assert (rest.parts, rest.have, rest.complete) == (2, (0,), False)
        for name in ("a pack", "a statement", "a pack on its way"):
            with pytest.raises(NotFound):
                await blobs.state(instance, file_place(ACCOUNT, DIARY, old.ids[name]))


async def test_what_is_erased_stays_so_and_what_was_erased_wrongly_can_be_sent_again(old: Told) -> None:
    """A keeper's own erasure is 410 for good; a file a pack took and erased is announced anew; room is counted once."""
    async with open_instance(old.settings, FixedClock(NOON)) as instance:
        with pytest.raises(Erased):
            await blobs.declare(instance, file_place(ACCOUNT, DIARY, old.ids["erased by its keeper"]), 1, SIZE)
        before = await find_room(instance.db, ACCOUNT)
        assert before is not None and before.file_bytes == 9 * SIZE
        assert await bury(instance) == 1
        after = await find_room(instance.db, ACCOUNT)
        assert after == before
        again = await blobs.declare(instance, file_place(ACCOUNT, DIARY, old.ids["erased by a pack"]), 1, SIZE)
        assert (again.have, again.complete) == ((), False)
        with pytest.raises(Erased):
            await blobs.state(instance, file_place(ACCOUNT, DIARY, old.ids["being removed"]))
    folder = old.settings.data / "blobs" / DIARY.hex() / old.ids["being removed"].hex()
    assert not list(folder.rglob("*"))


async def test_a_backup_finds_every_part_where_it_lies(old: Told, tmp_path: Path) -> None:
    """Each part that is still given to anybody, under the name it had before."""
    copy = tmp_path / "copy"
    await backup.snapshot(old.settings, copy)
    names = backup.list_parts(copy)
    assert len(names) == len(set(names)) == 8
    assert all((tmp_path / "blobs" / name).is_file() for name in names)
