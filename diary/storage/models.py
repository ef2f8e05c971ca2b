"""The tables. Ids are the 16 bytes the keeper's device drew; times are milliseconds UTC.

What could say whose a diary is, is not here in clear: sign-in names are an HMAC under the pepper, and what
repeats the name inside (`kdf`, `words_wrap`) or was typed by a person (`device_name`) is sealed under a key
made from the pepper.
"""

from tortoise import fields
from tortoise.models import Model

from diary.storage.fields import Bytes, Place


class Account(Model):
    """A keeper, as far as the server knows one."""

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

    class Meta:
        """Where it lies."""

        table = "account"


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

    `id`: its place in the server's log, dense from 0 over all diaries.
    `facts`: the canonical JSON the changes feed gives first. `sealed`: wraps and envelopes, in frames.
    `answer`: what the push was answered, given again when the same bytes come again.
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

    class Meta:
        """Where it lies, and what may stand once only."""

        table = "version"
        unique_together = (("diary", "seq"), ("diary", "version"))


class Blob(Model):
    """A sealed file: how many parts it was announced with, and whether it is whole."""

    id = fields.BigIntField(primary_key=True)
    diary: fields.ForeignKeyRelation[Diary] = fields.ForeignKeyField("kept.Diary", related_name="blobs")
    blob = Bytes()
    parts = fields.BigIntField()
    size = fields.BigIntField()
    complete = fields.BooleanField(default=False)

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
