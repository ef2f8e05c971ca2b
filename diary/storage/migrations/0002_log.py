"""The public log: leaves, nodes, checkpoints, timestamps, and statements about the keys that sign them."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from diary.storage.fields import Bytes, RowIdField


def _place() -> tuple[str, RowIdField]:
    """A key allotted by us."""
    return "id", RowIdField(primary_key=True, generated=False, null=False)


def _bytes(name: str, *, null: bool = False, db_index: bool = False) -> tuple[str, Bytes]:
    """A column of bytes."""
    return name, Bytes(null=null, db_index=db_index, generated=False, unique=False)


class Migration(migrations.Migration):
    """Versions that were here before are queued for the log, in the order they came."""

    dependencies = [("kept", "0001_start")]
    initial = False

    operations = [
        ops.CreateModel(
            name="WaitingLeaf",
            fields=[_place()],
            options={"table": "waiting_leaf", "app": "kept", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="LogSize",
            fields=[_place(), ("size", fields.BigIntField())],
            options={"table": "log_size", "app": "kept", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="LogLeaf",
            fields=[_place(), ("version_id", fields.BigIntField(null=True, unique=True)), _bytes("leaf")],
            options={"table": "log_leaf", "app": "kept", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="LogNode",
            fields=[_place(), _bytes("node")],
            options={"table": "log_node", "app": "kept", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="LogCheckpoint",
            fields=[
                _place(),
                ("size", fields.BigIntField(unique=True)),
                ("made_at", fields.BigIntField()),
                _bytes("note"),
            ],
            options={"table": "log_checkpoint", "app": "kept", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="LogStamp",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "checkpoint",
                    fields.ForeignKeyField(
                        "kept.LogCheckpoint",
                        source_field="checkpoint_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="stamps",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("authority", fields.CharField(max_length=40)),
                ("policy", fields.CharField(null=True, max_length=100)),
                _bytes("nonce", null=True),
                ("tries", fields.BigIntField(default=0)),
                ("due_at", fields.BigIntField(null=True, db_index=True)),
                ("stamped_at", fields.BigIntField(null=True)),
                _bytes("tsr", null=True),
                _bytes("chain", null=True),
            ],
            options={
                "table": "log_stamp",
                "app": "kept",
                "unique_together": (("checkpoint", "authority"),),
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="KeyStatement",
            fields=[_place(), _bytes("log", db_index=True), _bytes("statement")],
            options={"table": "key_statement", "app": "kept", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.RunSQL("INSERT INTO waiting_leaf (id) SELECT id FROM version"),
        ops.RunSQL("INSERT INTO log_size (id, size) VALUES (0, 0)"),
    ]
