"""The tables of keys that are being made anew; see core.py for what holds of every table."""

from tortoise import fields
from tortoise.models import Model

from diary.storage.fields import Bytes, Place


class Rotation(Model):
    """New keys for an account, as far as they have come; they count from one moment on, all of them.

    `by_code`: begun with the recovery code. `touched_at`: when it was begun or last got further, ms.
    """

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
    by_code = fields.BooleanField(default=False, db_default=False)
    touched_at = fields.BigIntField(default=0, db_default=0)

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
