"""The tables of the public log; see core.py for what holds of every table."""

from tortoise import fields
from tortoise.models import Model

from diary.storage.fields import Bytes, Place


class WaitingLeaf(Model):
    """A version that has its receipt and no place in the log yet; the sequencer gives it one and deletes this row.

    `id`: the version's. A queue of its own, so that pushes of many workers never wait for one another's number.
    """

    id = Place(primary_key=True)

    class Meta:
        """Where it lies."""

        table = "waiting_leaf"


class LogSize(Model):
    """One row, number 0: how many leaves the log has. Whoever appends moves it, and so two can never append at once."""

    id = Place(primary_key=True)
    size = fields.BigIntField()

    class Meta:
        """Where it lies."""

        table = "log_size"


class LogLeaf(Model):
    """A leaf of the public log at its place, dense from 0.

    `version_id` is no foreign key: a leaf outlives whatever it speaks of.
    """

    id = Place(primary_key=True)
    version_id = fields.BigIntField(null=True, unique=True)
    leaf = Bytes()

    class Meta:
        """Where it lies."""

        table = "log_leaf"


class LogNode(Model):
    """A node over a whole subtree of leaves; `id` is made of its level and place (ledger/tree.py)."""

    id = Place(primary_key=True)
    node = Bytes()

    class Meta:
        """Where it lies."""

        table = "log_node"


class LogCheckpoint(Model):
    """A signed note over the first `size` leaves, numbered densely from 0. Never deleted."""

    id = Place(primary_key=True)
    size = fields.BigIntField(unique=True)
    made_at = fields.BigIntField()
    note = Bytes()

    class Meta:
        """Where it lies."""

        table = "log_checkpoint"


class LogStamp(Model):
    """What one timestamp authority was asked about a checkpoint, and its answer once there is one.

    `policy`, `nonce`, `chain`: what was pinned when the answer was accepted; `chain` in PEM,
    the authority's own certificate first. Until then `due_at` says when to ask again.
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
        """Where it lies, and what may stand once only."""

        table = "log_stamp"
        unique_together = (("checkpoint", "authority"),)


class LogCosignature(Model):
    """What one log witness was asked about a checkpoint, and its signature line once there is one.

    `witness`: its 32-byte key; `line`: UTF-8 with its line end. Until then `due_at` says when to ask again.
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
        """Where it lies, and what may stand once only."""

        table = "log_cosignature"
        unique_together = (("checkpoint", "witness"),)


class KeyStatement(Model):
    """What the instance key said about a notary key, in order from 0: canonical JSON with its signature."""

    id = Place(primary_key=True)
    log = Bytes(db_index=True)
    statement = Bytes()

    class Meta:
        """Where it lies."""

        table = "key_statement"
