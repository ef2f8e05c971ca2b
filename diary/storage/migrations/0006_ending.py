"""Ending: the day on which this server closes, once its operator has announced one."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from diary.storage.fields import RowIdField


class Migration(migrations.Migration):
    """A table of one row; a server that goes on has none."""

    dependencies = [("kept", "0005_rotation")]

    operations = [
        ops.CreateModel(
            name="Ending",
            fields=[
                ("id", RowIdField(primary_key=True, generated=False, null=False)),
                ("closes_at", fields.BigIntField()),
                ("off_at", fields.BigIntField()),
            ],
            options={"table": "ending", "app": "kept", "pk_attr": "id"},
            bases=["Model"],
        ),
    ]
