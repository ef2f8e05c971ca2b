"""What is answered for a sign-in name that does not exist: a lock that looks like one of those that do.

[Note: shares] Phones without WebAssembly make a cheaper lock than others. An unknown name that always had the usual one would
tell that a name with the cheaper one exists. So each unknown name is given one of the kinds of lock that there are, by an HMAC
of the name, as often as known names have it. The shares are fixed when a server first starts, and kept: were they worked out
anew, the answers for unknown names would change, and those for known ones would not. They are a count of the accounts that are
there then, on top of a hundred made-up ones, so that no kind is ever missing.
"""

from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from diary.crypto.kdf import DEFAULT, FLOOR, KdfProfile
from diary.encoding import canon, parse
from diary.errors import BadSetting, KeptError
from diary.services.accounts.pepper import KDF, Pepper
from diary.storage.accounts import account_rows, lock_shares
from diary.storage.database_interface import Database

# Of a hundred phones these many are taken to have no WebAssembly (iOS in Lockdown Mode, old or hardened browsers).
ASSUMED: Final = {DEFAULT: 97, FLOOR: 3}
COUNTED: Final = 2_000


@dataclass(frozen=True, slots=True)
class LockShares:
    """Kinds of lock with their weights, in a fixed order."""

    kinds: tuple[tuple[KdfProfile, int], ...]

    def of(self, drawn: int) -> KdfProfile:
        """The kind that a number drawn for a name (any size, uniform) falls on."""
        at = drawn % sum(weight for _, weight in self.kinds)
        ends = accumulate(weight for _, weight in self.kinds)
        return next(kind for (kind, _), end in zip(self.kinds, ends, strict=True) if at < end)


async def fixed_shares(db: Database, pepper: Pepper) -> LockShares:
    """The shares of this server; worked out and stored at its first start. Raises BadSetting for a row that is damaged."""
    stored = await db.page(lock_shares.find)
    if stored is None:
        sealed = await db.page(lambda hand: account_rows.list_sealed(hand, COUNTED))
        made = canon(_counted([_kind_of(pepper, account, kdf) for account, kdf in sealed]))
        stored = await db.writer.run(lambda hand: lock_shares.put(hand, made))
    try:
        told = parse(stored)
        assert isinstance(told, list)
        return LockShares(tuple((KdfProfile(int(m), int(t)), int(weight)) for m, t, weight in told))
    except (KeptError, AssertionError, TypeError, ValueError):
        raise BadSetting("The table lock_shares is damaged. Put the database back from a backup.") from None


def _counted(kinds: list[KdfProfile | None]) -> list[list[int]]:
    """The weight of each kind: `[m, t, weight]`, in order of cost."""
    counts = Counter(ASSUMED) + Counter(kind for kind in kinds if kind is not None)
    return sorted([kind.m, kind.t, weight] for kind, weight in counts.items())


def _kind_of(pepper: Pepper, account: bytes, sealed: bytes) -> KdfProfile | None:
    """The kind of lock of an account; None where it cannot be read."""
    try:
        kdf = parse(pepper.open(KDF, account, sealed))
    except KeptError:
        return None
    if not isinstance(kdf, dict) or not all(type(kdf.get(name)) is int for name in ("m", "t")):
        return None
    return KdfProfile(kdf["m"], kdf["t"])
