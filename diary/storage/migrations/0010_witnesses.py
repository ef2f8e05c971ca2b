"""Witness codes: what a keeper asks somebody who saw it, and the sealed statement that came back."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from diary.storage.fields import Bytes


def _bytes(*, null: bool = False) -> Bytes:
    """Bytes that are not a key."""
    return Bytes(generated=False, null=null, unique=False)


class Migration(migrations.Migration):
    """One new table; nothing of the rows that are there changes."""

    dependencies = [("kept", "0009_ended_sessions")]

    operations = [
        ops.CreateModel(
            name="WitnessCode",
            fields=[
                ("id", Bytes(primary_key=True, unique=True, db_index=True, generated=False, null=False)),
                (
                    "diary",
                    fields.ForeignKeyField(
                        "kept.Diary",
                        source_field="diary_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="witness_codes",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("name_mac", Bytes(unique=True)),
                ("sealed", _bytes()),
                ("made_at", fields.BigIntField()),
                ("expires_at", fields.BigIntField(db_index=True)),
                ("upload", _bytes(null=True)),
                ("statement", _bytes(null=True)),
                ("answered_at", fields.BigIntField(null=True)),
            ],
            options={"table": "witness_code", "app": "kept", "indexes": [Index(fields=["diary_id"])], "pk_attr": "id"},
            bases=["Model"],
        ),
    ]
