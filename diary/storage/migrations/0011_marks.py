"""What advocates have looked through."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from diary.storage.fields import Bytes


class Migration(migrations.Migration):
    """One new table; nothing of the rows that are there changes."""

    dependencies = [("kept", "0010_witnesses")]

    operations = [
        ops.CreateModel(
            name="GrantMarks",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "grant",
                    fields.ForeignKeyField(
                        "kept.Grant",
                        source_field="grant_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="marks",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("n", fields.BigIntField()),
                ("sealed", Bytes(generated=False, null=False, unique=False)),
            ],
            options={"table": "grant_marks", "app": "kept", "pk_attr": "id", "indexes": [Index(fields=["grant_id"])]},
            bases=["Model"],
        ),
    ]
