"""The tables of hand-overs. Ids and times are as in core.py."""

from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

from diary.storage.fields import Bytes

if TYPE_CHECKING:
    from diary.storage.models.core import Diary  # an import at run time would register the table twice


class Handover(Model):
    """A sealed pack for a person who has the eight words. Its parts are those of the blob with the same id.

    `name_mac`: HMAC under the pepper of the name that three of the words encode. `auth_mac`: HMAC under the pepper of
    the proof derived from the other five. `kdf`: salt and cost of that derivation, canonical JSON. `ended_at`: when the
    keeper ended it. No column can decrypt the pack.
    """

    id = Bytes(primary_key=True)
    diary: fields.ForeignKeyRelation["Diary"] = fields.ForeignKeyField("kept.Diary", related_name="handovers")
    name_mac = Bytes(unique=True)
    auth_mac = Bytes()
    kdf = Bytes()
    made_at = fields.BigIntField()
    expires_at = fields.BigIntField(db_index=True)
    ended_at = fields.BigIntField(null=True)

    class Meta:
        table = "handover"
        indexes = (("diary_id",),)


class HandoverOpening(Model):
    """One opening of a hand-over, with its time. No network address is stored."""

    id = fields.BigIntField(primary_key=True)
    handover: fields.ForeignKeyRelation[Handover] = fields.ForeignKeyField("kept.Handover", related_name="openings")
    opened_at = fields.BigIntField()

    class Meta:
        table = "handover_opening"
        indexes = (("handover_id",),)
