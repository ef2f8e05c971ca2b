"""Advocates: organisations, members, what keepers let them see, who looked, and letters on their way."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from diary.storage.fields import Bytes, RowIdField


def _belongs_to(model: str, column: str, name: str) -> fields.ForeignKeyRelation:  # type: ignore[type-arg]
    """A row that goes with the one it belongs to."""
    return fields.ForeignKeyField(
        model, source_field=column, db_constraint=True, to_field="id", related_name=name, on_delete=OnDelete.CASCADE
    )


def _id() -> Bytes:
    """An id the client drew, or an HMAC."""
    return Bytes(primary_key=True, unique=True, db_index=True, generated=False, null=False)


def _number() -> fields.BigIntField:
    """A number the database allots."""
    return fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)


def _bytes(*, null: bool = False) -> Bytes:
    """Bytes that are not a key."""
    return Bytes(generated=False, null=null, unique=False)


def _options(table: str, *indexed: str) -> dict[str, object]:
    """Where a table lies and what is looked up in it."""
    found: dict[str, object] = {"table": table, "app": "kept", "pk_attr": "id"}
    return found | ({"indexes": [Index(fields=[name]) for name in indexed]} if indexed else {})


class Migration(migrations.Migration):
    """New tables; nothing of the rows that are there changes."""

    dependencies = [("kept", "0007_handover")]

    operations = [
        ops.CreateModel(
            name="Organisation",
            fields=[
                ("id", _id()),
                ("name", fields.CharField(max_length=120)),
                ("made_at", fields.BigIntField()),
                ("ended_at", fields.BigIntField(null=True)),
            ],
            options=_options("organisation"),
            bases=["Model"],
        ),
        ops.CreateModel(
            name="MemberInvite",
            fields=[
                ("id", _id()),
                ("organisation", _belongs_to("kept.Organisation", "organisation_id", "invites")),
                ("leads", fields.BooleanField(default=False)),
                ("until", fields.BigIntField(db_index=True)),
            ],
            options=_options("member_invite"),
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Member",
            fields=[
                ("id", _id()),
                ("organisation", _belongs_to("kept.Organisation", "organisation_id", "members")),
                ("leads", fields.BooleanField(default=False)),
                ("fingerprint", Bytes(unique=True)),
                ("name", _bytes()),
                ("secret", _bytes()),
                ("step", fields.BigIntField(default=0)),
                ("made_at", fields.BigIntField()),
                ("ended_at", fields.BigIntField(null=True)),
            ],
            options=_options("member", "organisation_id"),
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Grant",
            fields=[
                ("id", _id()),
                ("diary", _belongs_to("kept.Diary", "diary_id", "grants")),
                ("advocate", _belongs_to("kept.Member", "advocate_id", "grants")),
                ("not_after", fields.BigIntField(db_index=True)),
                ("made_at", fields.BigIntField()),
                ("ended_at", fields.BigIntField(null=True)),
                ("sealed", _bytes()),
                ("kept", _bytes()),
                ("summary", _bytes(null=True)),
                ("looked_at", fields.BigIntField(null=True)),
            ],
            options=_options("access_grant", "diary_id", "advocate_id"),
            bases=["Model"],
        ),
        ops.CreateModel(
            name="GrantWrap",
            fields=[
                ("id", _number()),
                ("grant", _belongs_to("kept.Grant", "grant_id", "wraps")),
                ("place", RowIdField(db_index=True)),
                ("wraps", _bytes()),
            ],
            options=_options("grant_wrap") | {"unique_together": (("grant", "place"),)},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="GrantLook",
            fields=[
                ("id", _number()),
                ("grant", _belongs_to("kept.Grant", "grant_id", "looks")),
                ("at", fields.BigIntField()),
                ("what", fields.CharField(max_length=20)),
            ],
            options=_options("grant_look", "grant_id"),
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Letter",
            fields=[
                ("id", _id()),
                ("grant", _belongs_to("kept.Grant", "grant_id", "letters")),
                ("made_at", fields.BigIntField()),
                ("envelope", _bytes()),
            ],
            options=_options("letter", "grant_id"),
            bases=["Model"],
        ),
    ]
