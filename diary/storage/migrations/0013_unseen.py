"""Wrong proofs are counted in the session's own row."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """Sessions that are there have made no wrong proof yet."""

    dependencies = [("kept", "0011_marks")]

    operations = [ops.AddField("Session", "wrong_proofs", fields.BigIntField(default=0, db_default=0))]
