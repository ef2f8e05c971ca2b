"""The statements of the audit (storage/log/audit.py). Each reads a whole table in the order of its key."""

from typing import Final

LIST_KEY_STATEMENTS: Final = "SELECT id, statement FROM key_statement ORDER BY id"
LIST_VERSIONS: Final = (
    "SELECT v.id, v.leaf, v.answer, v.facts, v.sealed, v.record, v.version, l.leaf, w.id, v.seq, v.body_digest, d.epoch"
    " FROM version v LEFT JOIN diary d ON d.id = v.diary_id"
    " LEFT JOIN log_leaf l ON l.version_id = v.id LEFT JOIN waiting_leaf w ON w.id = v.id"
    " WHERE v.id > ? ORDER BY v.id LIMIT ?"
)
FIND_NEWEST_ANSWER: Final = "SELECT answer FROM version ORDER BY id DESC LIMIT 1"
FIND_NEWEST_CHECKPOINT: Final = "SELECT note FROM log_checkpoint ORDER BY id DESC LIMIT 1"
LIST_DIARIES: Final = "SELECT id, seq, head, signed_head FROM diary ORDER BY id"
LIST_DIARY_VERSIONS: Final = "SELECT seq, facts FROM version WHERE diary_id = ? ORDER BY seq"
LIST_LEAVES: Final = "SELECT id, leaf FROM log_leaf WHERE id > ? ORDER BY id LIMIT ?"
LIST_LEAF_IDS: Final = "SELECT id FROM log_leaf WHERE id > ? ORDER BY id LIMIT ?"
READ_LOG_SIZE: Final = "SELECT coalesce(max(size), -1) FROM log_size"
LIST_WAITING_WITHOUT_VERSION: Final = (
    "SELECT w.id FROM waiting_leaf w LEFT JOIN version v ON v.id = w.id WHERE v.id IS NULL"
)
LIST_WAITING_WITH_LEAF: Final = "SELECT w.id FROM waiting_leaf w JOIN log_leaf l ON l.version_id = w.id"
LIST_CHECKPOINTS: Final = "SELECT id, size, note, made_at FROM log_checkpoint ORDER BY id"
LIST_COSIGNATURES: Final = (
    "SELECT id, witness, line FROM log_cosignature WHERE checkpoint_id = ? AND line IS NOT NULL ORDER BY id"
)
LIST_STAMPS: Final = (
    "SELECT id, authority, policy, nonce, tsr, chain, stamped_at, due_at FROM log_stamp WHERE checkpoint_id = ?"
)
FIND_NODE: Final = "SELECT node FROM log_node WHERE id = ?"
COUNT_NODES: Final = "SELECT count(*) FROM log_node"
