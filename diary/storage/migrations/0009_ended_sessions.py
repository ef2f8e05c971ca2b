"""Sessions ended on purpose: the device is told so, and does not come back by itself."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """The new column is empty for the rows that are there: nobody ended them."""

    dependencies = [("kept", "0008_advocates")]

    operations = [ops.AddField("Session", "ended_at", fields.BigIntField(null=True))]
