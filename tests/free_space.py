"""The setting with which a test's server accepts accounts and files on a nearly full disk."""

ANY_FREE_SPACE = {"DIARY_MIN_FREE_BYTES": "1"}
