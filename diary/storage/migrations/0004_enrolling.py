"""Enrolling: invitations, and the room an account was given that differs from everyone's."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from diary.storage.fields import Bytes


class Migration(migrations.Migration):
    """The new column is empty for the rows that are there: they keep the room everyone has."""

    dependencies = [("kept", "0003_erasing")]

    operations = [
        ops.AddField("Account", "quota_bytes", fields.BigIntField(null=True)),
        ops.CreateModel(
            name="Invite",
            fields=[
                ("id", Bytes(primary_key=True, unique=True, db_index=True, generated=False, null=False)),
                ("until", fields.BigIntField(db_index=True)),
            ],
            options={"table": "invite", "app": "kept", "pk_attr": "id"},
            bases=["Model"],
        ),
    ]
