"""Session check and sign-in; run by storage/accounts/sessions.py and account_rows.py."""

from typing import Final

_SELECT_SESSION: Final = (
    "SELECT s.id, a.id, a.login_mac, a.ecdsa_pub, s.seen_at, s.expires_at, s.ended_at FROM session s"
    " JOIN account a ON a.id = s.account_id WHERE "
)
_SELECT_ACCOUNT: Final = (
    "SELECT id, login_mac, kdf, words_wrap, auth_salt, auth_digest, code_digest, code_wrap, keyset, ecdsa_pub, hpke_pub,"
    " closing_at, quota_bytes FROM account WHERE "
)

# The columns are the fields of AuthenticatedSession, in order.
FIND_SESSION_BY_TOKEN: Final = _SELECT_SESSION + "s.token_digest = ?"
FIND_SESSION_BY_ID: Final = _SELECT_SESSION + "s.id = ?"
# The columns are the fields of AccountRow, in order.
FIND_ACCOUNT_BY_LOGIN: Final = _SELECT_ACCOUNT + "login_mac = ?"
FIND_ACCOUNT_BY_ID: Final = _SELECT_ACCOUNT + "id = ?"
