"""The tables of advocates: organisations, their members, and what keepers let them see. Ids and times as in core.py.

Of a grant the server knows whom it is for and when it ends, and which versions have a wrap for it; who a keeper is to an
advocate, why, and what was chosen, is sealed.
"""

from tortoise import fields
from tortoise.models import Model

from diary.storage.fields import Bytes, Place


class Organisation(Model):
    """An organisation of advocates, by the name keepers see. `ended_at`: since when none of its members sees anything."""

    id = Bytes(primary_key=True)
    name = fields.CharField(max_length=120)
    made_at = fields.BigIntField()
    ended_at = fields.BigIntField(null=True)

    class Meta:
        """Where it lies."""

        table = "organisation"


class MemberInvite(Model):
    """An invitation into an organisation that nobody has used: `id` is its HMAC under the pepper."""

    id = Bytes(primary_key=True)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "kept.Organisation", related_name="invites"
    )
    leads = fields.BooleanField(default=False)
    until = fields.BigIntField(db_index=True)

    class Meta:
        """Where it lies."""

        table = "member_invite"


class Member(Model):
    """An advocate; `id` is the account's.

    `fingerprint`: what the nine words say. `name`, `secret` (of the second step) are sealed under the account.
    `step`: the last half-minute whose digits were used, so that none counts twice. `ended_at`: when they left.
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
        """Where it lies."""

        table = "member"
        indexes = (("organisation_id",),)


class Grant(Model):
    """What a keeper lets one advocate see, until `not_after`.

    `advocate`: the member's account. `sealed`: the grant for the advocate; `kept`: the keeper's copy; `summary`: what the
    advocate's list shows. `looked_at`: when the advocate last looked, to the minute.
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
        """Where it lies."""

        table = "access_grant"
        indexes = (("diary_id",), ("advocate_id",))


class GrantWrap(Model):
    """A version's keys for whoever has a grant, in frames. `place` is the version's own number."""

    id = fields.BigIntField(primary_key=True)
    grant: fields.ForeignKeyRelation[Grant] = fields.ForeignKeyField("kept.Grant", related_name="wraps")
    place = Place(db_index=True)
    wraps = Bytes()

    class Meta:
        """Where it lies, and what may stand once only."""

        table = "grant_wrap"
        unique_together = (("grant", "place"),)


class GrantLook(Model):
    """That an advocate looked, when (the minute) and at what: the list, the text, a file, a pack. For the keeper to read."""

    id = fields.BigIntField(primary_key=True)
    grant: fields.ForeignKeyRelation[Grant] = fields.ForeignKeyField("kept.Grant", related_name="looks")
    at = fields.BigIntField()
    what = fields.CharField(max_length=20)

    class Meta:
        """Where it lies."""

        table = "grant_look"
        indexes = (("grant_id",),)


class GrantMarks(Model):
    """What an advocate has looked through, sealed under the grant's key. `n`: how many times they changed it."""

    id = fields.BigIntField(primary_key=True)
    grant: fields.ForeignKeyRelation[Grant] = fields.ForeignKeyField("kept.Grant", related_name="marks")
    n = fields.BigIntField()
    sealed = Bytes()

    class Meta:
        """Where it lies."""

        table = "grant_marks"
        indexes = (("grant_id",),)


class Letter(Model):
    """A question or an assisted entry on its way to a keeper, sealed to them; gone 30 days after `taken_at`."""

    id = Bytes(primary_key=True)
    grant: fields.ForeignKeyRelation[Grant] = fields.ForeignKeyField("kept.Grant", related_name="letters")
    made_at = fields.BigIntField()
    envelope = Bytes()
    taken_at = fields.BigIntField(null=True)

    class Meta:
        """Where it lies."""

        table = "letter"
        indexes = (("grant_id",),)
