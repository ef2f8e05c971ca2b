"""Sessions are tokens that the app holds; for a time the cookies of earlier releases still read and append."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from diary.storage.fields import Bytes, RowIdField


class Migration(migrations.Migration):
    """Two new tables. A server that has accounts has devices with cookies: when their time ends is set at the next start."""

    dependencies = [("kept", "0016_rotation")]

    operations = [
        ops.CreateModel(
            name="CookieGrace",
            fields=[
                ("id", RowIdField(primary_key=True, generated=False, null=False, unique=True, db_index=True)),
                ("until", fields.BigIntField()),
            ],
            options={"table": "cookie_grace", "app": "kept", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Renewal",
            fields=[
                ("id", Bytes(generated=False, primary_key=True, null=False, unique=True, db_index=True)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "kept.Account",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="renewals",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("device", Bytes(generated=False, null=False, unique=False)),
                ("session", Bytes(generated=False, null=False, unique=False)),
                ("made_at", fields.BigIntField()),
            ],
            options={"table": "renewal", "app": "kept", "pk_attr": "id", "indexes": [Index(fields=["account_id"])]},
            bases=["Model"],
        ),
        ops.RunSQL("INSERT INTO cookie_grace (id, until) SELECT 0, 0 FROM account LIMIT 1"),
    ]
