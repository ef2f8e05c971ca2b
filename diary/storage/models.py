"""The tables. Ids are the 16 bytes the keeper's device drew; times are milliseconds UTC.

What could say whose a diary is, is not here in clear: sign-in names are an HMAC under the pepper, and what
repeats the name inside (`kdf`, `words_wrap`) or was typed by a person (`device_name`) is sealed under a key
made from the pepper.
"""

from tortoise import fields
from tortoise.models import Model

from diary.storage.fields import Bytes, Place


class Account(Model):
    """A keeper, as far as the server knows one. `closing_at`: when the account will be closed, if that was asked for.

    `quota_bytes`: the account's own room for files where it is not everyone's.
    """

    id = Bytes(primary_key=True)
    login_mac = Bytes(unique=True)
    kdf = Bytes()
    words_wrap = Bytes()
    auth_salt = Bytes()
    auth_digest = Bytes()
    code_digest = Bytes(null=True)
    code_wrap = Bytes(null=True)
    keyset = Bytes()
    ecdsa_pub = Bytes()
    hpke_pub = Bytes()
    file_bytes = fields.BigIntField(default=0)
    quota_bytes = fields.BigIntField(null=True)
    closing_at = fields.BigIntField(null=True)

    class Meta:
        """Where it lies."""

        table = "account"


class Invite(Model):
    """An invitation that nobody has used: `id` is its HMAC under the pepper, `until` when it ends."""

    id = Bytes(primary_key=True)
    until = fields.BigIntField(db_index=True)

    class Meta:
        """Where it lies."""

        table = "invite"


class Session(Model):
    """A signed-in device; the token itself is only in the device's cookie."""

    id = Bytes(primary_key=True)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField("kept.Account", related_name="sessions")
    token_digest = Bytes(unique=True)
    device = Bytes()
    device_name = Bytes()
    created_at = fields.BigIntField()
    seen_at = fields.BigIntField()
    expires_at = fields.BigIntField(db_index=True)

    class Meta:
        """Where it lies."""

        table = "session"
        indexes = (("account_id",),)


class Diary(Model):
    """One append-only log, its wrapped key, and where it stands."""

    id = Bytes(primary_key=True)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField("kept.Account", related_name="diaries")
    epoch = fields.BigIntField()
    wrap = Bytes()
    seq = fields.BigIntField(default=0)
    head = Bytes()
    signed_head = Bytes(null=True)
    text_bytes = fields.BigIntField(default=0)

    class Meta:
        """Where it lies."""

        table = "diary"
        indexes = (("account_id",),)


class Version(Model):
    """One immutable revision.

    `id`: the order of arrival on this server; never given twice. Its place in the log is its LogLeaf's.
    `facts`: the canonical JSON the changes feed gives first. `sealed`: wraps and envelopes, in frames.
    `answer`: what the push was answered, given again when the same bytes come again.
    `erased_at`: when it was erased for good; then `facts` is a tombstone and `sealed` empty.
    """

    id = Place(primary_key=True)
    diary: fields.ForeignKeyRelation[Diary] = fields.ForeignKeyField("kept.Diary", related_name="versions")
    seq = fields.BigIntField()
    record = Bytes()
    version = Bytes()
    body_digest = Bytes()
    leaf = Bytes()
    facts = Bytes()
    sealed = Bytes()
    answer = Bytes()
    erased_at = fields.BigIntField(null=True)

    class Meta:
        """Where it lies, and what may stand once only."""

        table = "version"
        unique_together = (("diary", "seq"), ("diary", "version"))


class Blob(Model):
    """A sealed file: how many parts it was announced with, and whether it is whole.

    `touched_at`: when something of it last came. `erased`: only its id is left, and never comes back.
    """

    id = fields.BigIntField(primary_key=True)
    diary: fields.ForeignKeyRelation[Diary] = fields.ForeignKeyField("kept.Diary", related_name="blobs")
    blob = Bytes()
    parts = fields.BigIntField()
    size = fields.BigIntField()
    complete = fields.BooleanField(default=False)
    touched_at = fields.BigIntField(default=0)
    erased = fields.BooleanField(default=False)

    class Meta:
        """Where it lies, and what may stand once only."""

        table = "blob"
        unique_together = (("diary", "blob"),)


class Part(Model):
    """One sealed part that lies in the blob store."""

    id = fields.BigIntField(primary_key=True)
    blob: fields.ForeignKeyRelation[Blob] = fields.ForeignKeyField("kept.Blob", related_name="part_rows")
    i = fields.BigIntField()
    size = fields.BigIntField()
    digest = Bytes()

    class Meta:
        """Where it lies, and what may stand once only."""

        table = "part"
        unique_together = (("blob", "i"),)


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
    checkpoint: fields.ForeignKeyRelation[LogCheckpoint] = fields.ForeignKeyField("kept.LogCheckpoint", related_name="stamps")
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


class KeyStatement(Model):
    """What the instance key said about a notary key, in order from 0: canonical JSON with its signature."""

    id = Place(primary_key=True)
    log = Bytes(db_index=True)
    statement = Bytes()

    class Meta:
        """Where it lies."""

        table = "key_statement"


class Access(Model):
    """What was done to an account, when (the hour) and by which device, for its keeper to read. Nothing of where from.

    `device_name` is sealed under `session`, the session it was done in.
    """

    id = fields.BigIntField(primary_key=True)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField("kept.Account", related_name="access")
    at = fields.BigIntField(db_index=True)
    what = fields.CharField(max_length=20)
    session = Bytes()
    device_name = Bytes()

    class Meta:
        """Where it lies."""

        table = "access"
        indexes = (("account_id",),)


class Rotation(Model):
    """New keys for an account, as far as they have come; they count from one moment on, all of them."""

    id = Bytes(primary_key=True)
    epoch = fields.BigIntField()
    seq = fields.BigIntField()
    kdf = Bytes()
    words_wrap = Bytes()
    auth_salt = Bytes()
    auth_digest = Bytes()
    keyset = Bytes()
    ecdsa_pub = Bytes()
    hpke_pub = Bytes()
    diary_wrap = Bytes()

    class Meta:
        """Where it lies."""

        table = "rotation"


class RotationWrap(Model):
    """The wraps of one version under the diary key that is to come, in frames; `id` is the version's."""

    id = Place(primary_key=True)
    account = Bytes(db_index=True)
    wraps = Bytes()

    class Meta:
        """Where it lies."""

        table = "rotation_wrap"


class Erasure(Model):
    """Records to be erased for good at `due_at`, unless it is taken back; `records`: their ids, joined."""

    id = Bytes(primary_key=True)
    diary: fields.ForeignKeyRelation[Diary] = fields.ForeignKeyField("kept.Diary", related_name="erasures")
    records = Bytes()
    why = fields.CharField(max_length=20)
    asked_at = fields.BigIntField()
    due_at = fields.BigIntField(db_index=True)

    class Meta:
        """Where it lies."""

        table = "erasure"
        indexes = (("diary_id",),)


class Handover(Model):
    """A sealed pack left for whoever has the eight words; its parts are those of the blob of the same id.

    `name_mac`, `auth_mac`: HMACs under the pepper of what three of the words name and five of them open by. `kdf`: the
    salt and cost of the five, canonical JSON. `ended_at`: when the keeper ended it. Nothing here opens anything.
    """

    id = Bytes(primary_key=True)
    diary: fields.ForeignKeyRelation[Diary] = fields.ForeignKeyField("kept.Diary", related_name="handovers")
    name_mac = Bytes(unique=True)
    auth_mac = Bytes()
    kdf = Bytes()
    made_at = fields.BigIntField()
    expires_at = fields.BigIntField(db_index=True)
    ended_at = fields.BigIntField(null=True)

    class Meta:
        """Where it lies."""

        table = "handover"
        indexes = (("diary_id",),)


class HandoverOpening(Model):
    """That a hand-over was opened once, and when; never from where."""

    id = fields.BigIntField(primary_key=True)
    handover: fields.ForeignKeyRelation[Handover] = fields.ForeignKeyField("kept.Handover", related_name="openings")
    opened_at = fields.BigIntField()

    class Meta:
        """Where it lies."""

        table = "handover_opening"
        indexes = (("handover_id",),)


class PurgeClock(Model):
    """One row, number 0: when erasing last looked at the clock, and since when the clock has run evenly."""

    id = Place(primary_key=True)
    seen_at = fields.BigIntField()
    steady_since = fields.BigIntField()

    class Meta:
        """Where it lies."""

        table = "purge_clock"


class Ending(Model):
    """One row, number 0, once this server is to close: from when it takes nothing new, and from when it answers nothing."""

    id = Place(primary_key=True)
    closes_at = fields.BigIntField()
    off_at = fields.BigIntField()

    class Meta:
        """Where it lies."""

        table = "ending"
