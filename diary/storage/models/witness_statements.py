"""The table of witness codes. Ids and times are as in core.py."""

from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

from diary.storage.fields import Bytes
from diary.storage.partial_indexes import PartialIndex

if TYPE_CHECKING:
    from diary.storage.models.core import Diary  # an import at run time would register the table twice


class WitnessCode(Model):
    """A keeper's request to a witness, and the sealed statement that the witness sent. No column can decrypt either.

    `name_mac`: HMAC under the pepper of the value that the four words of the code encode. `sealed`: the request, sealed
    under a key derived from the same words. `upload`: the blob with the files of the statement, from the start of its
    upload. `taken_at`: when the keeper's device confirmed that it has the statement; the row is deleted 30 days later.
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
        table = "witness_code"
        indexes = (
            ("diary_id",),
            PartialIndex("expires_at", name="witness_code_unanswered", where="answered_at IS NULL"),
            PartialIndex("taken_at", name="witness_code_taken", where="taken_at IS NOT NULL"),
        )
