"""The tables of hand-overs; see core.py for what holds of every table."""

from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

from diary.storage.fields import Bytes

if TYPE_CHECKING:
    from diary.storage.models.core import Diary  # a table would be found twice otherwise


class Handover(Model):
    """A sealed pack left for whoever has the eight words; its parts are those of the blob of the same id.

    `name_mac`, `auth_mac`: HMACs under the pepper of what three of the words name and five of them open by. `kdf`: the
    salt and cost of the five, canonical JSON. `ended_at`: when the keeper ended it. Nothing here opens anything.
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
