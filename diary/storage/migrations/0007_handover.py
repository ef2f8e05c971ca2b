"""Hand-overs: sealed packs left for whoever has eight words. Their parts are rows of `blob` and `part` as any file's."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from diary.storage.fields import Bytes


def _belongs_to(model: str, column: str, name: str) -> fields.ForeignKeyRelation:  # type: ignore[type-arg]
    """A row that goes with the one it belongs to."""
    return fields.ForeignKeyField(
        model, source_field=column, db_constraint=True, to_field="id", related_name=name, on_delete=OnDelete.CASCADE
    )


class Migration(migrations.Migration):
    """Two new tables; nothing of the rows that are there changes."""

    dependencies = [("kept", "0006_ending")]

    operations = [
        ops.CreateModel(
            name="Handover",
            fields=[
                ("id", Bytes(primary_key=True, unique=True, db_index=True, generated=False, null=False)),
                ("diary", _belongs_to("kept.Diary", "diary_id", "handovers")),
                ("name_mac", Bytes(unique=True)),
                ("auth_mac", Bytes(generated=False, null=False, unique=False)),
                ("kdf", Bytes(generated=False, null=False, unique=False)),
                ("made_at", fields.BigIntField()),
                ("expires_at", fields.BigIntField(db_index=True)),
                ("ended_at", fields.BigIntField(null=True)),
            ],
            options={"table": "handover", "app": "kept", "indexes": [Index(fields=["diary_id"])], "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="HandoverOpening",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("handover", _belongs_to("kept.Handover", "handover_id", "openings")),
                ("opened_at", fields.BigIntField()),
            ],
            options={
                "table": "handover_opening",
                "app": "kept",
                "indexes": [Index(fields=["handover_id"])],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
    ]
