"""Push: `append_version` in storage/sync/versions.py."""

from typing import Final

# Everything that a push must read, in one statement. NEXT_VERSION_ID stands for the database's own way to allot an id
# (`Database.next_version_id_sql`), which no model can express.
PUSH_STATE: Final = (
    "SELECT d.seq, d.head, (SELECT CAST(sum(text_bytes) AS BIGINT) FROM diary WHERE account_id = ?2),"
    " NEXT_VERSION_ID, v.body_digest, v.answer, (SELECT is_open FROM account WHERE id = ?2),"
    " (SELECT touched_at FROM rotation WHERE id = ?2)"
    " FROM diary d LEFT JOIN version v ON v.diary_id = d.id AND v.version = ?3"
    " WHERE d.id = ?1 AND d.account_id = ?2"
)
