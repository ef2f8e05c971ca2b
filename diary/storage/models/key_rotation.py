"""The tables of key rotation. Ids and times are as in core.py."""

from tortoise import fields
from tortoise.models import Model

from diary.storage.fields import Bytes, RowIdField


class Rotation(Model):
    """A key rotation in progress. All new keys become valid at the same moment, when it is completed.

    `id`: the id of the account. `by_code`: begun with the recovery code. `touched_at`: when it was begun or last
    advanced.
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
        table = "rotation"


class RotationWrap(Model):
    """The wraps of one version under the new diary key, in frames. `id`: the id of the version."""

    id = RowIdField(primary_key=True)
    account = Bytes(db_index=True)
    wraps = Bytes()

    class Meta:
        table = "rotation_wrap"
