"""Wrong proofs are counted in the session's own row; sign-ins have a kind, and unknown names a share of each lock."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from diary.storage.fields import Bytes, RowIdField


class Migration(migrations.Migration):
    """Sessions that are there have made no wrong proof yet; of sign-ins that were noted before, the kind is not known."""

    dependencies = [("kept", "0012_owners")]

    operations = [
        ops.AddField("Session", "wrong_proofs", fields.BigIntField(default=0, db_default=0)),
        ops.AddField("Access", "kind", fields.CharField(max_length=10, null=True)),
        ops.CreateModel(
            name="LockShares",
            fields=[
                ("id", RowIdField(primary_key=True, generated=False, null=False)),
                ("kinds", Bytes(generated=False, null=False, unique=False)),
            ],
            options={"table": "lock_shares", "app": "kept", "pk_attr": "id"},
            bases=["Model"],
        ),
    ]
