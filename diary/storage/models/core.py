"""The tables. Ids are the 16 bytes the keeper's device drew; times are milliseconds UTC.

What could say whose a diary is, is not here in clear: sign-in names are an HMAC under the pepper, and what
repeats the name inside (`kdf`, `words_wrap`) or was typed by a person (`device_name`) is sealed under a key
made from the pepper.

The tables of the log, of new keys and of hand-overs stand in files of their own; MODULES names them all.
"""

from typing import Final

from tortoise import fields
from tortoise.models import Model

from diary.storage.fields import Bytes, Place

MODEL_MODULES: Final = (
    "diary.storage.models.core",
    "diary.storage.models.advocates",
    "diary.storage.models.log",
    "diary.storage.models.key_rotation",
    "diary.storage.models.handovers",
    "diary.storage.models.witness_statements",
)


class Account(Model):
    """A keeper, as far as the server knows one. `closing_at`: when the account will be closed, if that was asked for.

    `quota_bytes`: the account's own room for files where it is not everyone's. `is_open`: it registered where anyone may.
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
    is_open = fields.BooleanField(default=False, db_default=False)

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
    """A signed-in device; the token itself is only on the device, sealed.

    `ended_at`: when another device ended it. It lets nobody in then and has no name any more; it stays until its time
    is over, or the device signs in again, so that the device can be told. `wrong_proofs`: how many proofs in a row were wrong.
    """

    id = Bytes(primary_key=True)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField("kept.Account", related_name="sessions")
    token_digest = Bytes(unique=True)
    device = Bytes()
    device_name = Bytes()
    created_at = fields.BigIntField()
    seen_at = fields.BigIntField()
    expires_at = fields.BigIntField(db_index=True)
    ended_at = fields.BigIntField(null=True)
    wrong_proofs = fields.BigIntField(default=0, db_default=0)

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

    `kind`, `owner`: what made it (storage/sync/blobs.py, `Stored`). The same id may stand once for each kind and owner; nothing
    that belongs to one of them touches another's row. `diary`: whose room it takes. `touched_at`: when something of it last
    came. `erased`: nobody is given it; its parts are being removed, and of a diary's file the id stays for good.
    """

    id = fields.BigIntField(primary_key=True)
    diary: fields.ForeignKeyRelation[Diary] = fields.ForeignKeyField("kept.Diary", related_name="blobs")
    kind = fields.BigIntField()
    owner = Bytes()
    blob = Bytes()
    parts = fields.BigIntField()
    size = fields.BigIntField()
    complete = fields.BooleanField(default=False)
    touched_at = fields.BigIntField(default=0, db_default=0)
    erased = fields.BooleanField(default=False, db_default=False)

    class Meta:
        """Where it lies, and what may stand once only."""

        table = "blob"
        unique_together = (("kind", "owner", "blob"),)
        indexes = (("diary_id",),)


class Part(Model):
    """One sealed part that lies in the blob store, under `name`. No two parts share their bytes."""

    id = fields.BigIntField(primary_key=True)
    blob: fields.ForeignKeyRelation[Blob] = fields.ForeignKeyField("kept.Blob", related_name="part_rows")
    i = fields.BigIntField()
    size = fields.BigIntField()
    digest = Bytes()
    name = fields.CharField(max_length=200, unique=True)

    class Meta:
        """Where it lies, and what may stand once only."""

        table = "part"
        unique_together = (("blob", "i"),)


class LooseBytes(Model):
    """A name in the blob store that no part speaks of: reserved for bytes that are on their way, or about to be removed.

    `account`, `blob`: whose, and the number of the file's row, which may be gone before the bytes are. `at`: when reserved.
    `dropped`: whatever lies there is to be removed, and no part may begin to speak of it.
    """

    id = fields.BigIntField(primary_key=True)
    account = Bytes(db_index=True)
    blob = fields.BigIntField(db_index=True)
    name = fields.CharField(max_length=200, unique=True)
    size = fields.BigIntField()
    at = fields.BigIntField()
    dropped = fields.BooleanField(default=False)

    class Meta:
        """Where it lies."""

        table = "loose_bytes"


class DayUse(Model):
    """What accounts that registered where anyone may sent on one UTC day, all together; `id`: days since 1970."""

    id = Place(primary_key=True)
    file_bytes = fields.BigIntField()
    text_bytes = fields.BigIntField()

    class Meta:
        """Where it lies."""

        table = "day_use"


class Access(Model):
    """What was done to an account, when and by which device, for its keeper to read. Nothing of where from.

    `at`: to the minute for a sign-in, to the hour for everything else. `device_name` is sealed under `session`, the session it
    was done in, as it was then. `kind`: of a sign-in, what the device said of itself: ordinary, borrowed or desk.
    """

    id = fields.BigIntField(primary_key=True)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField("kept.Account", related_name="access")
    at = fields.BigIntField(db_index=True)
    what = fields.CharField(max_length=20)
    session = Bytes()
    device_name = Bytes()
    kind = fields.CharField(max_length=10, null=True)

    class Meta:
        """Where it lies."""

        table = "access"
        indexes = (("account_id",),)


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


class Renewal(Model):
    """What begins the next session of one device. `id`: SHA-256 of the token; `session`: the one it was given with."""

    id = Bytes(primary_key=True)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField("kept.Account", related_name="renewals")
    device = Bytes()
    session = Bytes()
    made_at = fields.BigIntField()

    class Meta:
        """Where it lies."""

        table = "renewal"
        indexes = (("account_id",),)


class CookieGrace(Model):
    """One row, number 0, on a server that was upgraded: until when, in ms, cookies of earlier releases are taken."""

    id = Place(primary_key=True)
    until = fields.BigIntField()

    class Meta:
        """Where it lies."""

        table = "cookie_grace"


class PurgeClock(Model):
    """One row, number 0: when erasing last looked at the clock, and since when the clock has run evenly."""

    id = Place(primary_key=True)
    seen_at = fields.BigIntField()
    steady_since = fields.BigIntField()

    class Meta:
        """Where it lies."""

        table = "purge_clock"


class LockShares(Model):
    """One row, number 0: how often each kind of lock is answered for an unknown sign-in name, fixed at the first start.

    `kinds`: canonical JSON, a list of [m in KiB, t, weight].
    """

    id = Place(primary_key=True)
    kinds = Bytes()

    class Meta:
        """Where it lies."""

        table = "lock_shares"


class Ending(Model):
    """One row, number 0, once this server is to close: from when it takes nothing new, and from when it answers nothing."""

    id = Place(primary_key=True)
    closes_at = fields.BigIntField()
    off_at = fields.BigIntField()

    class Meta:
        """Where it lies."""

        table = "ending"
