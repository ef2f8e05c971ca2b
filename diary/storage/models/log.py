"""The tables of the public log. Times are as in core.py."""

from tortoise import fields
from tortoise.models import Model

from diary.storage.fields import Bytes, RowIdField


class WaitingLeaf(Model):
    """A version with a receipt whose leaf is not in the log yet. The sequencer appends its leaf and deletes this row.

    `id`: the id of the version. It is a separate queue, so that pushes of several workers never wait for each other.
    """

    id = RowIdField(primary_key=True)

    class Meta:
        table = "waiting_leaf"


class LogSize(Model):
    """One row with id 0: the number of leaves.

    Each append locks it, so that two workers never append at the same time.
    """

    id = RowIdField(primary_key=True)
    size = fields.BigIntField()

    class Meta:
        table = "log_size"


class LogLeaf(Model):
    """A leaf of the public log. `id`: its index, dense from 0.

    `version_id` is no foreign key: the leaf stays when the version is deleted. It is NULL for the leaf of a release.
    """

    id = RowIdField(primary_key=True)
    version_id = fields.BigIntField(null=True, unique=True)
    leaf = Bytes()

    class Meta:
        table = "log_leaf"


class LogNode(Model):
    """A node over a complete subtree of leaves.

    `id`: its level and position, as `node_id` of ledger/tree.py encodes them.
    """

    id = RowIdField(primary_key=True)
    node = Bytes()

    class Meta:
        table = "log_node"


class LogCheckpoint(Model):
    """A signed note over the first `size` leaves. `id`: its number, dense from 0. Never deleted."""

    id = RowIdField(primary_key=True)
    size = fields.BigIntField(unique=True)
    made_at = fields.BigIntField()
    note = Bytes()

    class Meta:
        table = "log_checkpoint"


class LogStamp(Model):
    """The timestamp of one authority for a checkpoint: the request, and the response once it was accepted.

    `policy`, `nonce`, `chain`: the values that the accepted response was verified against; `chain`: PEM, the
    certificate of the authority first. `due_at`: when to send the next request; NULL once a response was accepted.
    """

    id = fields.BigIntField(primary_key=True)
    checkpoint: fields.ForeignKeyRelation[LogCheckpoint] = fields.ForeignKeyField(
        "kept.LogCheckpoint", related_name="stamps"
    )
    authority = fields.CharField(max_length=40)
    policy = fields.CharField(max_length=100, null=True)
    nonce = Bytes(null=True)
    tries = fields.BigIntField(default=0)
    due_at = fields.BigIntField(null=True, db_index=True)
    stamped_at = fields.BigIntField(null=True)
    tsr = Bytes(null=True)
    chain = Bytes(null=True)

    class Meta:
        table = "log_stamp"
        unique_together = (("checkpoint", "authority"),)


class LogCosignature(Model):
    """The cosignature of one log witness for a checkpoint: the request, and the signature line once it was accepted.

    `witness`: its 32-byte public key; `line`: UTF-8 with its line end. `due_at`: when to send the next request; NULL
    once a line was accepted.
    """

    id = fields.BigIntField(primary_key=True)
    checkpoint: fields.ForeignKeyRelation[LogCheckpoint] = fields.ForeignKeyField(
        "kept.LogCheckpoint", related_name="cosignatures"
    )
    witness = Bytes()
    tries = fields.BigIntField(default=0)
    due_at = fields.BigIntField(null=True, db_index=True)
    line = Bytes(null=True)

    class Meta:
        table = "log_cosignature"
        unique_together = (("checkpoint", "witness"),)


class KeyStatement(Model):
    """A statement of the instance key about a notary key: signed canonical JSON. `id`: its number, dense from 0."""

    id = RowIdField(primary_key=True)
    log = Bytes(db_index=True)
    statement = Bytes()

    class Meta:
        table = "key_statement"
