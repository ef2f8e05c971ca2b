"""How often each kind of lock is answered for a sign-in name that does not exist: one row, number 0, written once."""

from diary.storage.writer import Hand


def find(hand: Hand) -> bytes | None:
    """The row as it was stored, or None."""
    row = hand.execute("SELECT kinds FROM lock_shares WHERE id = 0", ()).fetchone()
    return bytes(row[0]) if row else None


def put(hand: Hand, kinds: bytes) -> bytes:
    """Store it unless another worker has; what is stored then."""
    hand.execute("INSERT INTO lock_shares (id, kinds) VALUES (0, ?) ON CONFLICT (id) DO NOTHING", (kinds,))
    return find(hand) or kinds
