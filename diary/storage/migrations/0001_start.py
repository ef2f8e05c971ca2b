"""The first tables."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from diary.storage.fields import Bytes, RowIdField


class Migration(migrations.Migration):
    """Made by the library from the models; the version's number is allotted by us."""

    initial = True

    operations = [
        ops.CreateModel(
            name="Account",
            fields=[
                ("id", Bytes(primary_key=True, unique=True, db_index=True, generated=False, null=False)),
                ("login_mac", Bytes(unique=True, generated=False, null=False)),
                ("kdf", Bytes(generated=False, null=False, unique=False)),
                ("words_wrap", Bytes(generated=False, null=False, unique=False)),
                ("auth_salt", Bytes(generated=False, null=False, unique=False)),
                ("auth_digest", Bytes(generated=False, null=False, unique=False)),
                ("code_digest", Bytes(null=True, generated=False, unique=False)),
                ("code_wrap", Bytes(null=True, generated=False, unique=False)),
                ("keyset", Bytes(generated=False, null=False, unique=False)),
                ("ecdsa_pub", Bytes(generated=False, null=False, unique=False)),
                ("hpke_pub", Bytes(generated=False, null=False, unique=False)),
                ("file_bytes", fields.BigIntField(default=0)),
            ],
            options={
                "table": "account",
                "app": "kept",
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Diary",
            fields=[
                ("id", Bytes(primary_key=True, unique=True, db_index=True, generated=False, null=False)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "kept.Account",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="diaries",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("epoch", fields.BigIntField()),
                ("wrap", Bytes(generated=False, null=False, unique=False)),
                ("seq", fields.BigIntField(default=0)),
                ("head", Bytes(generated=False, null=False, unique=False)),
                ("signed_head", Bytes(null=True, generated=False, unique=False)),
                ("text_bytes", fields.BigIntField(default=0)),
            ],
            options={
                "table": "diary",
                "app": "kept",
                "indexes": [Index(fields=["account_id"])],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Blob",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "diary",
                    fields.ForeignKeyField(
                        "kept.Diary",
                        source_field="diary_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="blobs",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("blob", Bytes(generated=False, null=False, unique=False)),
                ("parts", fields.BigIntField()),
                ("size", fields.BigIntField()),
                ("complete", fields.BooleanField(default=False)),
            ],
            options={
                "table": "blob",
                "app": "kept",
                "unique_together": (("diary", "blob"),),
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Part",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "blob",
                    fields.ForeignKeyField(
                        "kept.Blob",
                        source_field="blob_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="part_rows",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("i", fields.BigIntField()),
                ("size", fields.BigIntField()),
                ("digest", Bytes(generated=False, null=False, unique=False)),
            ],
            options={
                "table": "part",
                "app": "kept",
                "unique_together": (("blob", "i"),),
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Session",
            fields=[
                ("id", Bytes(primary_key=True, unique=True, db_index=True, generated=False, null=False)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "kept.Account",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="sessions",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("token_digest", Bytes(unique=True, generated=False, null=False)),
                ("device", Bytes(generated=False, null=False, unique=False)),
                ("device_name", Bytes(generated=False, null=False, unique=False)),
                ("created_at", fields.BigIntField()),
                ("seen_at", fields.BigIntField()),
                ("expires_at", fields.BigIntField(db_index=True)),
            ],
            options={
                "table": "session",
                "app": "kept",
                "indexes": [Index(fields=["account_id"])],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Version",
            fields=[
                ("id", RowIdField(primary_key=True, generated=False, null=False)),
                (
                    "diary",
                    fields.ForeignKeyField(
                        "kept.Diary",
                        source_field="diary_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="versions",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("seq", fields.BigIntField()),
                ("record", Bytes(generated=False, null=False, unique=False)),
                ("version", Bytes(generated=False, null=False, unique=False)),
                ("body_digest", Bytes(generated=False, null=False, unique=False)),
                ("leaf", Bytes(generated=False, null=False, unique=False)),
                ("facts", Bytes(generated=False, null=False, unique=False)),
                ("sealed", Bytes(generated=False, null=False, unique=False)),
                ("answer", Bytes(generated=False, null=False, unique=False)),
            ],
            options={
                "table": "version",
                "app": "kept",
                "unique_together": (("diary", "seq"), ("diary", "version")),
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
    ]
