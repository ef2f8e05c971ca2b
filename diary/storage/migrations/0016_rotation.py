"""A change of keys has a time after which it no longer counts, and says what it was begun with."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """One that is under way has to be begun again with the same keyset, and goes on where it was."""

    dependencies = [("kept", "0015_cosignatures")]

    operations = [
        ops.AddField("Rotation", "by_code", fields.BooleanField(default=False, db_default=False)),
        ops.AddField("Rotation", "touched_at", fields.BigIntField(default=0, db_default=0)),
    ]
