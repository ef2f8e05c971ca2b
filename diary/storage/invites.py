"""Invitations, as HMACs under the pepper, and the room single accounts were given."""

from diary.storage.writer import Hand


def add(hand: Hand, mac: bytes, now: int, until: int) -> None:
    """Store an invitation that is good until `until` ms; those that are over go."""
    hand.execute("DELETE FROM invite WHERE until < ?", (now,))
    hand.execute("INSERT INTO invite (id, until) VALUES (?, ?)", (mac, until))


def use_up(hand: Hand, mac: bytes, now: int) -> bool:
    """Take an invitation, once; False when there is none that is good."""
    return hand.execute("DELETE FROM invite WHERE id = ? AND until >= ?", (mac, now)).rowcount == 1


def set_quota(hand: Hand, login_mac: bytes, quota: int | None) -> bool:
    """Set an account's own room; False when there is no such account."""
    return hand.execute("UPDATE account SET quota_bytes = ? WHERE login_mac = ?", (quota, login_mac)).rowcount == 1
