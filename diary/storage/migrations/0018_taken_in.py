"""Letters and statements that a device took in stay for 30 days."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """The new columns are empty for the rows that are there: all of them wait, since what was taken in was deleted before."""

    dependencies = [("kept", "0017_tokens")]

    operations = [
        ops.AddField("Letter", "taken_at", fields.BigIntField(null=True)),
        ops.AddField("WitnessCode", "taken_at", fields.BigIntField(null=True)),
    ]
