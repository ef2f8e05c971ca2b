"""Rows of accounts: sessions, tokens, invitations, quotas, key rotation and the access log."""
