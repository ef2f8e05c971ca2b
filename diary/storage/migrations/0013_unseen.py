"""Wrong proofs are counted in the session's own row; sign-ins say what the device called its kind."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """Sessions that are there have made no wrong proof yet; of sign-ins that were noted before, the kind is not known."""

    dependencies = [("kept", "0011_marks")]

    operations = [
        ops.AddField("Session", "wrong_proofs", fields.BigIntField(default=0, db_default=0)),
        ops.AddField("Access", "kind", fields.CharField(max_length=10, null=True)),
    ]
