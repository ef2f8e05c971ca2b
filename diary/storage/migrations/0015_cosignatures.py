"""What log witnesses were asked about checkpoints, and the lines they gave."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from diary.storage.fields import Bytes


class Migration(migrations.Migration):
    """One new table; nothing of the rows that are there changes."""

    dependencies = [("kept", "0013_unseen")]

    operations = [
        ops.CreateModel(
            name="LogCosignature",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "checkpoint",
                    fields.ForeignKeyField(
                        "kept.LogCheckpoint",
                        source_field="checkpoint_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="cosignatures",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("witness", Bytes(generated=False, null=False, unique=False)),
                ("tries", fields.BigIntField(default=0)),
                ("due_at", fields.BigIntField(null=True, db_index=True)),
                ("line", Bytes(generated=False, null=True, unique=False)),
            ],
            options={
                "table": "log_cosignature",
                "app": "kept",
                "unique_together": (("checkpoint", "witness"),),
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
    ]
