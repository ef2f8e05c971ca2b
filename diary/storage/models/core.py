"""The core tables. Ids are 16 random bytes, drawn by the keeper's device; times are milliseconds UTC.

Nothing that could identify a keeper is stored in clear. Usernames are stored as an HMAC under the pepper. Values
that contain the name (`kdf`, `words_wrap`) or that a person typed (`device_name`) are sealed under a key derived from
the pepper.

The other modules of this folder have the tables of advocates, the log, key rotation, hand-overs and witnesses.
"""

from typing import Final

from tortoise import fields
from tortoise.models import Model

from diary.storage.fields import Bytes, RowIdField
from diary.storage.partial_indexes import PartialIndex

MODEL_MODULES: Final = (
    "diary.storage.models.core",
    "diary.storage.models.advocates",
    "diary.storage.models.log",
    "diary.storage.models.key_rotation",
    "diary.storage.models.handovers",
    "diary.storage.models.witness_statements",
)


class Account(Model):
    """The account of a keeper or an advocate. `closing_at`: when the account will be closed, if that was requested.

    `quota_bytes`: the account's own limit for files; NULL for the limit of the server. `is_open`: whether it registered
    while registration was open to anyone.
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
        table = "account"
        indexes = (PartialIndex("closing_at", name="account_closing", where="closing_at IS NOT NULL"),)


class Invite(Model):
    """An unused invitation. `id`: the HMAC of its code under the pepper; `until`: when it expires."""

    id = Bytes(primary_key=True)
    until = fields.BigIntField(db_index=True)

    class Meta:
        table = "invite"


class Session(Model):
    """A signed-in device. Only the digest of the token is stored; the device has the token, sealed.

    `ended_at`: when another device ended the session. Its token is invalid then, and its name is deleted. The row stays
    until the session expires or the device signs in again, so that the device learns why it was signed out.
    `wrong_proofs`: the number of wrong proofs in a row.
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
        table = "session"
        indexes = (("account_id",),)


class Diary(Model):
    """One append-only diary: its wrapped key, the number of its last version, its head and its size."""

    id = Bytes(primary_key=True)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField("kept.Account", related_name="diaries")
    epoch = fields.BigIntField()
    wrap = Bytes()
    seq = fields.BigIntField(default=0)
    head = Bytes()
    signed_head = Bytes(null=True)
    text_bytes = fields.BigIntField(default=0)

    class Meta:
        table = "diary"
        indexes = (("account_id",),)


class Version(Model):
    """One immutable version of a record.

    `id`: the order of arrival on this server; never used twice. The index of its leaf in the log is the id of its
    LogLeaf. `facts`: canonical JSON, the first frame of the version in the feed of changes. `sealed`: wraps and
    envelopes, in frames. `answer`: the response to the push, sent again when the same bytes are pushed again.
    `erased_at`: when it was erased permanently; then `facts` is a tombstone and `sealed` is empty.
    """

    id = RowIdField(primary_key=True)
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
        table = "version"
        unique_together = (("diary", "seq"), ("diary", "version"))


class Blob(Model):
    """A sealed file: its declared number of parts, and whether it is complete.

    `kind`, `owner`: what it belongs to (storage/sync/blobs.py, `BlobReference`). The same id is allowed once for each
    kind and owner, and no change for one of them affects the row of another. `diary`: the diary whose quota it uses.
    `touched_at`: when a part of it last arrived. `erased`: the file is no longer served and its parts are being
    removed; the row of a diary's file stays.
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
        table = "blob"
        unique_together = (("kind", "owner", "blob"),)
        indexes = (
            ("diary_id",),
            PartialIndex("diary_id", name="blob_unserved", where="erased = true AND parts > 0"),
            PartialIndex(
                "kind", "touched_at", "id", name="blob_incomplete", where="complete = false AND erased = false"
            ),
        )


class Part(Model):
    """One sealed part in the blob store, under `name`. No two parts share a name."""

    id = fields.BigIntField(primary_key=True)
    blob: fields.ForeignKeyRelation[Blob] = fields.ForeignKeyField("kept.Blob", related_name="part_rows")
    i = fields.BigIntField()
    size = fields.BigIntField()
    digest = Bytes()
    name = fields.CharField(max_length=200, unique=True)

    class Meta:
        table = "part"
        unique_together = (("blob", "i"),)


class LooseBytes(Model):
    """A name in the blob store that no part refers to: reserved for an upload, or due to be removed.

    `account`, `blob`: the account, and the id of the file's row, which may be deleted before the bytes are. `at`: when
    it was reserved. `dropped`: the bytes are due to be removed, and no part may refer to the name.
    """

    id = fields.BigIntField(primary_key=True)
    account = Bytes(db_index=True)
    blob = fields.BigIntField(db_index=True)
    name = fields.CharField(max_length=200, unique=True)
    size = fields.BigIntField()
    at = fields.BigIntField()
    dropped = fields.BooleanField(default=False)

    class Meta:
        table = "loose_bytes"
        indexes = (
            PartialIndex("at", name="loose_bytes_reserved", where="dropped = false"),
            PartialIndex("account", name="loose_bytes_dropped", where="dropped = true"),
        )


class DayUse(Model):
    """The bytes that all accounts of open registration sent on one UTC day, together. `id`: days since 1970."""

    id = RowIdField(primary_key=True)
    file_bytes = fields.BigIntField()
    text_bytes = fields.BigIntField()

    class Meta:
        table = "day_use"


class Access(Model):
    """One action on an account, its time and its device, for the keeper to read. No network address is stored.

    `at`: to the minute for a sign-in, to the hour for any other action. `device_name`: the name at that time, sealed
    under `session`, the session of the action. `kind`: for a sign-in, the declared kind of the device: ordinary,
    borrowed or desk.
    """

    id = fields.BigIntField(primary_key=True)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField("kept.Account", related_name="access")
    at = fields.BigIntField(db_index=True)
    what = fields.CharField(max_length=20)
    session = Bytes()
    device_name = Bytes()
    kind = fields.CharField(max_length=10, null=True)

    class Meta:
        table = "access"
        indexes = (("account_id",),)


class Erasure(Model):
    """A request to erase records permanently at `due_at`, unless it is withdrawn.

    `records`: their ids, concatenated.
    """

    id = Bytes(primary_key=True)
    diary: fields.ForeignKeyRelation[Diary] = fields.ForeignKeyField("kept.Diary", related_name="erasures")
    records = Bytes()
    why = fields.CharField(max_length=20)
    asked_at = fields.BigIntField()
    due_at = fields.BigIntField(db_index=True)

    class Meta:
        table = "erasure"
        indexes = (("diary_id",),)


class Renewal(Model):
    """A renewal token, which begins the next session of one device.

    `id`: its SHA-256; `session`: the session it came with.
    """

    id = Bytes(primary_key=True)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField("kept.Account", related_name="renewals")
    device = Bytes()
    session = Bytes()
    made_at = fields.BigIntField()

    class Meta:
        table = "renewal"
        indexes = (("account_id",),)


class CookieGrace(Model):
    """One row with id 0 on an upgraded server: the time in ms until which cookies of earlier releases are accepted."""

    id = RowIdField(primary_key=True)
    until = fields.BigIntField()

    class Meta:
        table = "cookie_grace"


class PurgeClock(Model):
    """One row with id 0: when the purge last read the clock, and since when the clock has run evenly."""

    id = RowIdField(primary_key=True)
    seen_at = fields.BigIntField()
    steady_since = fields.BigIntField()

    class Meta:
        table = "purge_clock"


class LockShares(Model):
    """One row with id 0: the share of each Argon2id cost among the responses for unknown usernames.

    It is fixed at the first start. `kinds`: canonical JSON, a list of [m in KiB, t, weight].
    """

    id = RowIdField(primary_key=True)
    kinds = Bytes()

    class Meta:
        table = "lock_shares"


class Ending(Model):
    """One row with id 0 once the closing was announced.

    `closes_at`: when the server stops accepting data. `off_at`: when it starts to refuse all diary requests.
    """

    id = RowIdField(primary_key=True)
    closes_at = fields.BigIntField()
    off_at = fields.BigIntField()

    class Meta:
        table = "ending"
