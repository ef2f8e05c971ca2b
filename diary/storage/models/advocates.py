"""The tables of advocates: organisations, their members, and the grants of keepers. Ids and times are as in core.py.

Of a grant the server stores in clear which advocate it is for, when it ends and which versions have a wrap for it. Who
the keeper is to the advocate, the reason and the selection are sealed.
"""

from tortoise import fields
from tortoise.models import Model

from diary.storage.fields import Bytes, RowIdField
from diary.storage.partial_indexes import PartialIndex


class Organisation(Model):
    """An organisation of advocates, with the name that keepers see.

    `ended_at`: since when its members have no access.
    """

    id = Bytes(primary_key=True)
    name = fields.CharField(max_length=120)
    made_at = fields.BigIntField()
    ended_at = fields.BigIntField(null=True)

    class Meta:
        table = "organisation"


class MemberInvite(Model):
    """An unused invitation into an organisation.

    `id`: the HMAC of its code under the pepper; `until`: when it expires.
    """

    id = Bytes(primary_key=True)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "kept.Organisation", related_name="invites"
    )
    leads = fields.BooleanField(default=False)
    until = fields.BigIntField(db_index=True)

    class Meta:
        table = "member_invite"


class Member(Model):
    """An advocate. `id`: the id of the account.

    `leads`: whether the member administers the organisation. `fingerprint`: the bytes that the nine words encode.
    `name` and `secret` (of the second factor) are sealed under the account. `step`: the last time step whose one-time
    code was used; each step is 30 seconds, and its code is accepted once. `ended_at`: when the member left.
    """

    id = Bytes(primary_key=True)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "kept.Organisation", related_name="members"
    )
    leads = fields.BooleanField(default=False)
    fingerprint = Bytes(unique=True)
    name = Bytes()
    secret = Bytes()
    step = fields.BigIntField(default=0)
    made_at = fields.BigIntField()
    ended_at = fields.BigIntField(null=True)

    class Meta:
        table = "member"
        indexes = (("organisation_id",),)


class Grant(Model):
    """A keeper's grant of access for one advocate, until `not_after`.

    `advocate`: the account of the member. `sealed`: the grant, sealed for the advocate; `kept`: the keeper's copy;
    `summary`: what the advocate's list shows, sealed. `looked_at`: the advocate's last access, to the minute.
    """

    id = Bytes(primary_key=True)
    diary: fields.ForeignKeyRelation = fields.ForeignKeyField("kept.Diary", related_name="grants")  # type: ignore[type-arg]
    advocate: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("kept.Member", related_name="grants")
    not_after = fields.BigIntField(db_index=True)
    made_at = fields.BigIntField()
    ended_at = fields.BigIntField(null=True)
    sealed = Bytes()
    kept = Bytes()
    summary = Bytes(null=True)
    looked_at = fields.BigIntField(null=True)

    class Meta:
        table = "access_grant"
        indexes = (
            ("diary_id",),
            ("advocate_id",),
            PartialIndex("not_after", name="access_grant_open", where="ended_at IS NULL"),
        )


class GrantWrap(Model):
    """The keys of one version, wrapped for a grant, in frames. `place`: the id of the version."""

    id = fields.BigIntField(primary_key=True)
    grant: fields.ForeignKeyRelation[Grant] = fields.ForeignKeyField("kept.Grant", related_name="wraps")
    place = RowIdField(db_index=True)
    wraps = Bytes()

    class Meta:
        table = "grant_wrap"
        unique_together = (("grant", "place"),)


class GrantLook(Model):
    """One access of an advocate, for the keeper to read.

    `at`: to the minute; `what`: read, file, or a declared action.
    """

    id = fields.BigIntField(primary_key=True)
    grant: fields.ForeignKeyRelation[Grant] = fields.ForeignKeyField("kept.Grant", related_name="looks")
    at = fields.BigIntField()
    what = fields.CharField(max_length=20)

    class Meta:
        table = "grant_look"
        indexes = (("grant_id",),)


class GrantMarks(Model):
    """The review marks of an advocate, sealed under the key of the grant. `n`: how many times they were replaced."""

    id = fields.BigIntField(primary_key=True)
    grant: fields.ForeignKeyRelation[Grant] = fields.ForeignKeyField("kept.Grant", related_name="marks")
    n = fields.BigIntField()
    sealed = Bytes()

    class Meta:
        table = "grant_marks"
        indexes = (("grant_id",),)


class Letter(Model):
    """A question or an assisted entry, sealed for the keeper.

    Deleted 30 days after `taken_at`, when the device fetched it.
    """

    id = Bytes(primary_key=True)
    grant: fields.ForeignKeyRelation[Grant] = fields.ForeignKeyField("kept.Grant", related_name="letters")
    made_at = fields.BigIntField()
    envelope = Bytes()
    taken_at = fields.BigIntField(null=True)

    class Meta:
        table = "letter"
        indexes = (("grant_id",), PartialIndex("taken_at", name="letter_taken", where="taken_at IS NOT NULL"))
