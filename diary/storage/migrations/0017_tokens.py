"""Sessions are tokens that the app holds; for a time the cookies of earlier releases still read and append."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from diary.storage.fields import Place


class Migration(migrations.Migration):
    """One new table. A server that has accounts has devices with cookies: when their time ends is set at the next start."""

    dependencies = [("kept", "0016_rotation")]

    operations = [
        ops.CreateModel(
            name="CookieGrace",
            fields=[
                ("id", Place(primary_key=True, generated=False, null=False, unique=True, db_index=True)),
                ("until", fields.BigIntField()),
            ],
            options={"table": "cookie_grace", "app": "kept", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.RunSQL("INSERT INTO cookie_grace (id, until) SELECT 0, 0 FROM account LIMIT 1"),
    ]
