"""Session check and sign-in; run by storage/accounts/sessions.py and account_rows.py."""

from typing import Final

_SELECT_SESSION: Final = (
    "SELECT s.id, a.id, a.login_mac, a.ecdsa_pub, s.seen_at, s.expires_at, s.ended_at FROM session s"
    " JOIN account a ON a.id = s.account_id WHERE "
)
_SELECT_ACCOUNT: Final = (
    "SELECT id, login_mac, kdf, words_wrap, auth_salt, auth_digest, code_digest, code_wrap, keyset, ecdsa_pub, hpke_pub,"
    " closing_at, quota_bytes FROM "
)

# The columns are the fields of AuthenticatedSession, in order.
FIND_SESSION_BY_TOKEN: Final = _SELECT_SESSION + "s.token_digest = ?"
FIND_SESSION_BY_ID: Final = _SELECT_SESSION + "s.id = ?"
# The columns are the fields of AccountRow, in order.
FIND_ACCOUNT_BY_ID: Final = _SELECT_ACCOUNT + "account WHERE id = ?"
# One row in every case, of nulls for an unknown name: reading a row takes longer than reading none.
FIND_ACCOUNT_BY_LOGIN: Final = _SELECT_ACCOUNT + "(SELECT 1 AS one) AS one LEFT JOIN account ON login_mac = ?"
