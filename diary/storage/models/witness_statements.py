"""The table of witness codes; see core.py for what holds of every table."""

from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

from diary.storage.fields import Bytes

if TYPE_CHECKING:
    from diary.storage.models.core import Diary  # a table would be found twice otherwise


class WitnessCode(Model):
    """What a keeper asks somebody who saw it, and the sealed statement that came; nothing here opens either.

    `name_mac`: HMAC under the pepper of what the code's four words are worth. `sealed`: what is asked, under a key of the same
    words. `upload`: the blob that holds the files of the statement, while one is being sent or has come. `taken_at`: when the
    keeper's device said that it has the statement, which stays for 30 days from then.
    """

    id = Bytes(primary_key=True)
    diary: fields.ForeignKeyRelation["Diary"] = fields.ForeignKeyField("kept.Diary", related_name="witness_codes")
    name_mac = Bytes(unique=True)
    sealed = Bytes()
    made_at = fields.BigIntField()
    expires_at = fields.BigIntField(db_index=True)
    upload = Bytes(null=True)
    statement = Bytes(null=True)
    answered_at = fields.BigIntField(null=True)
    taken_at = fields.BigIntField(null=True)

    class Meta:
        """Where it lies."""

        table = "witness_code"
        indexes = (("diary_id",),)
