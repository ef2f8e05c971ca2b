"""Indexes of the rows that wait for the hourly purge, so that it reads no whole table."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from diary.storage.partial_indexes import PartialIndex


class Migration(migrations.Migration):
    """Nothing of the rows that are there changes.

    Each index is built by reading its table once. It holds few rows, so there is next to nothing to sort or to write.
    Writes of that table wait until the migration ends. PostgreSQL could build it without that wait, but not within a
    transaction, and then an interrupted migration could leave an index that is invalid.
    """

    dependencies = [("kept", "0018_taken_in")]

    operations = [
        ops.AddIndex("Account", PartialIndex("closing_at", name="account_closing", where="closing_at IS NOT NULL")),
        ops.AddIndex("Blob", PartialIndex("diary_id", name="blob_unserved", where="erased = true AND parts > 0")),
        ops.AddIndex(
            "Blob",
            PartialIndex(
                "kind", "touched_at", "id", name="blob_incomplete", where="complete = false AND erased = false"
            ),
        ),
        ops.AddIndex("LooseBytes", PartialIndex("at", name="loose_bytes_reserved", where="dropped = false")),
        ops.AddIndex("LooseBytes", PartialIndex("account", name="loose_bytes_dropped", where="dropped = true")),
        ops.AddIndex("Grant", PartialIndex("not_after", name="access_grant_open", where="ended_at IS NULL")),
        ops.AddIndex("Letter", PartialIndex("taken_at", name="letter_taken", where="taken_at IS NOT NULL")),
        ops.AddIndex(
            "WitnessCode", PartialIndex("expires_at", name="witness_code_unanswered", where="answered_at IS NULL")
        ),
        ops.AddIndex("WitnessCode", PartialIndex("taken_at", name="witness_code_taken", where="taken_at IS NOT NULL")),
    ]
