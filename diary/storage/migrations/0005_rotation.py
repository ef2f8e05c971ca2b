"""New keys for an account: what has been sent of them, until they count; and what was done to an account, for its keeper."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from diary.storage.fields import Bytes, RowIdField


def _bytes(name: str, *, db_index: bool = False) -> tuple[str, Bytes]:
    """A column of bytes."""
    return name, Bytes(db_index=db_index, generated=False, null=False, unique=False)


class Migration(migrations.Migration):
    """New tables; nothing of the rows that are there changes."""

    dependencies = [("kept", "0004_enrolling")]

    operations = [
        ops.CreateModel(
            name="Access",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "kept.Account",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="access",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("at", fields.BigIntField(db_index=True)),
                ("what", fields.CharField(max_length=20)),
                _bytes("session"),
                _bytes("device_name"),
            ],
            options={"table": "access", "app": "kept", "indexes": [Index(fields=["account_id"])], "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Rotation",
            fields=[
                ("id", Bytes(primary_key=True, unique=True, db_index=True, generated=False, null=False)),
                ("epoch", fields.BigIntField()),
                ("seq", fields.BigIntField()),
                *(
                    _bytes(name)
                    for name in (
                        "kdf",
                        "words_wrap",
                        "auth_salt",
                        "auth_digest",
                        "keyset",
                        "ecdsa_pub",
                        "hpke_pub",
                        "diary_wrap",
                    )
                ),
            ],
            options={"table": "rotation", "app": "kept", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RotationWrap",
            fields=[
                ("id", RowIdField(primary_key=True, generated=False, null=False)),
                _bytes("account", db_index=True),
                _bytes("wraps"),
            ],
            options={"table": "rotation_wrap", "app": "kept", "pk_attr": "id"},
            bases=["Model"],
        ),
    ]
