"""Erasing for good: what is to go and when, and uploads that nobody finished."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from diary.storage.fields import Bytes, RowIdField


class Migration(migrations.Migration):
    """New columns are empty for the rows that are there; nothing of theirs changes."""

    dependencies = [("kept", "0002_log")]

    operations = [
        ops.AddField("Account", "closing_at", fields.BigIntField(null=True)),
        ops.AddField("Version", "erased_at", fields.BigIntField(null=True)),
        # The database gives the default: rows that are there need one, and a column that may not be empty is refused without.
        ops.AddField("Blob", "touched_at", fields.BigIntField(default=0, db_default=0)),
        ops.AddField("Blob", "erased", fields.BooleanField(default=False, db_default=False)),
        ops.CreateModel(
            name="Erasure",
            fields=[
                ("id", Bytes(primary_key=True, unique=True, db_index=True, generated=False, null=False)),
                (
                    "diary",
                    fields.ForeignKeyField(
                        "kept.Diary",
                        source_field="diary_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="erasures",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("records", Bytes(generated=False, null=False, unique=False)),
                ("why", fields.CharField(max_length=20)),
                ("asked_at", fields.BigIntField()),
                ("due_at", fields.BigIntField(db_index=True)),
            ],
            options={"table": "erasure", "app": "kept", "indexes": [Index(fields=["diary_id"])], "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PurgeClock",
            fields=[
                ("id", RowIdField(primary_key=True, generated=False, null=False)),
                ("seen_at", fields.BigIntField()),
                ("steady_since", fields.BigIntField()),
            ],
            options={"table": "purge_clock", "app": "kept", "pk_attr": "id"},
            bases=["Model"],
        ),
    ]
