"""Every sealed file has one owner and one kind, every part a name of its own, and bytes on their way are written down.

Who registered where anyone may is noted from now on; of the accounts that are there nobody knows.

[Note: whose a file is] Before, a hand-over or a witness's upload that named the id of a diary's file took that file over. Such
a file goes back to the diary: a living version names it, or it had come before the hand-over or the code was made. Only what
is erased already cannot come back; where a living version names it, its id is free again, so that a phone that still has the
file can send it. Rows of `blob` and `part` keep their numbers and values; sizes of erased files become 0, since their room has
been given back.
"""

from typing import Any

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from diary.encoding import b64
from diary.storage.fields import Bytes, RowIdField

FILE, HANDOVER, STATEMENT = 0, 1, 2
_SQLITE = (
    'CREATE TABLE "new_blob" ("id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "kind" BIGINT NOT NULL, "owner" BLOB NOT NULL,'
    ' "blob" BLOB NOT NULL, "parts" BIGINT NOT NULL, "size" BIGINT NOT NULL, "complete" INT NOT NULL,'
    ' "touched_at" BIGINT NOT NULL DEFAULT 0, "erased" INT NOT NULL DEFAULT 0,'
    ' "diary_id" BLOB NOT NULL REFERENCES "diary" ("id") ON DELETE CASCADE,'
    ' CONSTRAINT "uid_blob_kind_owner_blob" UNIQUE ("kind", "owner", "blob"))',
    "INSERT INTO new_blob (id, kind, owner, blob, parts, size, complete, touched_at, erased, diary_id)"
    " SELECT id, 0, diary_id, blob, parts, size, complete, touched_at, erased, diary_id FROM blob",
    'CREATE TABLE "new_part" ("id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "i" BIGINT NOT NULL, "size" BIGINT NOT NULL,'
    ' "digest" BLOB NOT NULL, "name" VARCHAR(200) NOT NULL UNIQUE,'
    ' "blob_id" BIGINT NOT NULL REFERENCES "new_blob" ("id") ON DELETE CASCADE,'
    ' CONSTRAINT "uid_part_blob_id_i" UNIQUE ("blob_id", "i"))',
    "INSERT INTO new_part (id, i, size, digest, name, blob_id) SELECT p.id, p.i, p.size, p.digest,"
    " lower(hex(b.diary_id)) || '/' || lower(hex(b.blob)) || '/' || p.i || '-' || substr(lower(hex(p.digest)), 1, 32), p.blob_id"
    " FROM part p JOIN blob b ON b.id = p.blob_id",
    # Parts first: a table that is dropped takes the rows that refer to it along.
    "DROP TABLE part",
    "DROP TABLE blob",
    "ALTER TABLE new_blob RENAME TO blob",
    "ALTER TABLE new_part RENAME TO part",
    'CREATE INDEX "idx_blob_diary_id" ON "blob" ("diary_id")',
)
_POSTGRES = (
    "ALTER TABLE blob ADD COLUMN kind BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE blob ALTER COLUMN kind DROP DEFAULT",
    "ALTER TABLE blob ADD COLUMN owner BYTEA",
    "UPDATE blob SET owner = diary_id",
    "ALTER TABLE blob ALTER COLUMN owner SET NOT NULL",
    "DO $$ DECLARE held TEXT; BEGIN SELECT conname INTO STRICT held FROM pg_constraint"
    " WHERE conrelid = CAST('blob' AS REGCLASS) AND contype = 'u';"
    " EXECUTE format('ALTER TABLE blob DROP CONSTRAINT %I', held); END $$",
    "ALTER TABLE blob ADD CONSTRAINT uid_blob_kind_owner_blob UNIQUE (kind, owner, blob)",
    "CREATE INDEX idx_blob_diary_id ON blob (diary_id)",
    "ALTER TABLE part ADD COLUMN name VARCHAR(200)",
    "UPDATE part p SET name = encode(b.diary_id, 'hex') || '/' || encode(b.blob, 'hex') || '/' || p.i || '-'"
    " || left(encode(p.digest, 'hex'), 32) FROM blob b WHERE b.id = p.blob_id",
    "ALTER TABLE part ALTER COLUMN name SET NOT NULL",
    "ALTER TABLE part ADD CONSTRAINT uid_part_name UNIQUE (name)",
)
_CLAIMED = (
    "SELECT b.id AS row, b.diary_id, b.blob, b.erased, b.touched_at, h.diary_id AS owner, h.made_at, 1 AS kind"
    " FROM blob b JOIN handover h ON h.id = b.blob AND h.diary_id = b.diary_id"
    " UNION ALL"
    " SELECT b.id AS row, b.diary_id, b.blob, b.erased, b.touched_at, w.id AS owner, w.made_at, 2 AS kind"
    " FROM blob b JOIN witness_code w ON w.upload = b.blob AND w.diary_id = b.diary_id"
    " ORDER BY row, kind, made_at"
)


class _StateOnly(ops.TortoiseOperation):
    """What another operation means for the models; the statements are above."""

    def __init__(self, inner: Any) -> None:
        """`inner`: that operation."""
        self.inner = inner

    def state_forward(self, app_label: str, state: Any) -> None:
        """As the other does."""
        self.inner.state_forward(app_label, state)

    async def database_forward(self, app_label: str, old_state: Any, new_state: Any, state_editor: Any = None) -> None:
        """Nothing."""


class _Options(ops.TortoiseOperation):
    """Another unique index and another index of a model."""

    def __init__(self, name: str, options: dict[str, Any]) -> None:
        """`options`: of the model."""
        self.name, self.options = name, options

    def state_forward(self, app_label: str, state: Any) -> None:
        """Put them in."""
        self.get_model_state(state, app_label, self.name).options.update(self.options)
        state.reload_model(app_label, self.name)

    async def database_forward(self, app_label: str, old_state: Any, new_state: Any, state_editor: Any = None) -> None:
        """Nothing."""


async def _tables(_: Any, editor: Any) -> None:
    """The new columns and indexes. SQLite cannot change a table's unique index, so there both tables are made anew."""
    for statement in _SQLITE if editor.DIALECT == "sqlite" else _POSTGRES:
        await editor.client.execute_query(statement)


async def _owners(_: Any, editor: Any) -> None:
    """Say which rows are a hand-over's or a statement's; see [Note: whose a file is]."""
    sqlite = editor.DIALECT == "sqlite"
    one, two, three = ("?", "?", "?") if sqlite else ("$1", "$2", "$3")
    names = f"instr(facts, {two})" if sqlite else f"position({two} in facts)"
    named = f"SELECT 1 FROM version WHERE diary_id = {one} AND erased_at IS NULL AND {names} > 0 LIMIT 1"  # noqa: S608 - no value of anybody's
    truth = "1" if sqlite else "true"
    client = editor.client
    done = set()
    for row in (await client.execute_query(_CLAIMED))[1]:
        if row["row"] in done:
            continue
        name = b64(bytes(row["blob"])).encode()
        is_named = bool((await client.execute_query(named, [row["diary_id"], name]))[1])
        came_before = 0 < row["touched_at"] < row["made_at"]
        if (is_named and not row["erased"]) or (not is_named and came_before):
            continue  # the diary's
        done.add(row["row"])
        put = f"UPDATE blob SET kind = {one}, owner = {two} WHERE id = {three}"  # noqa: S608 - as above
        await client.execute_query(put, [row["kind"], row["owner"], row["row"]])
    await client.execute_query(f"UPDATE blob SET size = 0 WHERE erased = {truth}")  # noqa: S608 - as above


def _bytes(**more: Any) -> Bytes:
    """Bytes that are not a key."""
    return Bytes(generated=False, null=False, unique=False, **more)


class Migration(migrations.Migration):
    """New columns and two new tables."""

    dependencies = [("kept", "0011_marks")]

    operations = [
        ops.RunPython(_tables),
        _StateOnly(ops.AddField("Blob", "kind", fields.BigIntField())),
        _StateOnly(ops.AddField("Blob", "owner", _bytes())),
        _Options("Blob", {"unique_together": (("kind", "owner", "blob"),), "indexes": [Index(fields=["diary_id"])]}),
        _StateOnly(ops.AddField("Part", "name", fields.CharField(max_length=200, unique=True))),
        ops.RunPython(_owners),
        # The database gives the default, as in 0003.
        ops.AddField("Account", "is_open", fields.BooleanField(default=False, db_default=False)),
        ops.CreateModel(
            name="DayUse",
            fields=[
                ("id", RowIdField(primary_key=True, unique=True, db_index=True, generated=False, null=False)),
                ("file_bytes", fields.BigIntField()),
                ("text_bytes", fields.BigIntField()),
            ],
            options={"table": "day_use", "app": "kept", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="LooseBytes",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("account", _bytes(db_index=True)),
                ("blob", fields.BigIntField(db_index=True)),
                ("name", fields.CharField(max_length=200, unique=True)),
                ("size", fields.BigIntField()),
                ("at", fields.BigIntField()),
                ("dropped", fields.BooleanField(default=False)),
            ],
            options={"table": "loose_bytes", "app": "kept", "pk_attr": "id"},
            bases=["Model"],
        ),
    ]
