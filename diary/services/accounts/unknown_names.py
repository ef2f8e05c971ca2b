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

from diary.crypto.kdf import DEFAULT_PROFILE, FLOOR_PROFILE, KdfProfile
from diary.encoding import canonical_json, parse_canonical_json
from diary.errors import BadSetting, KeptError
from diary.services.accounts.pepper import KDF_PURPOSE, Pepper
from diary.storage.accounts import account_rows, lock_shares
from diary.storage.database_interface import Database

# Of a hundred phones these many are taken to have no WebAssembly (iOS in Lockdown Mode, old or hardened browsers).
ASSUMED_PROFILE_WEIGHTS: Final = {DEFAULT_PROFILE: 97, FLOOR_PROFILE: 3}
SAMPLED_ACCOUNTS_LIMIT: Final = 2_000


@dataclass(frozen=True, slots=True)
class KdfProfileShares:
    """Kinds of lock with their weights, in a fixed order."""

    weighted_profiles: tuple[tuple[KdfProfile, int], ...]

    def pick(self, number: int) -> KdfProfile:
        """The kind that a number drawn for a name (any size, uniform) falls on."""
        position = number % sum(weight for _, weight in self.weighted_profiles)
        ends = accumulate(weight for _, weight in self.weighted_profiles)
        return next(profile for (profile, _), end in zip(self.weighted_profiles, ends, strict=True) if position < end)


async def load_profile_shares(db: Database, pepper: Pepper) -> KdfProfileShares:
    """The shares of this server; worked out and stored at its first start. Raises BadSetting for a row that is damaged."""
    stored = await db.run_read(lock_shares.find)
    if stored is None:
        sealed = await db.run_read(lambda tx: account_rows.list_sealed_kdfs(tx, SAMPLED_ACCOUNTS_LIMIT))
        new_shares = canonical_json(
            _weigh_profiles([_read_kdf_profile(pepper, account, kdf) for account, kdf in sealed])
        )
        stored = await db.writer.run(lambda tx: lock_shares.put_if_absent(tx, new_shares))
    try:
        rows = parse_canonical_json(stored)
        assert isinstance(rows, list)
        return KdfProfileShares(tuple((KdfProfile(int(m), int(t)), int(weight)) for m, t, weight in rows))
    except (KeptError, AssertionError, TypeError, ValueError):
        raise BadSetting("The table lock_shares is damaged. Put the database back from a backup.") from None


def _weigh_profiles(profiles: list[KdfProfile | None]) -> list[list[int]]:
    """The weight of each kind: `[m, t, weight]`, in order of cost."""
    counts = Counter(ASSUMED_PROFILE_WEIGHTS) + Counter(profile for profile in profiles if profile is not None)
    return sorted([profile.memory_kib, profile.passes, weight] for profile, weight in counts.items())


def _read_kdf_profile(pepper: Pepper, account: bytes, sealed: bytes) -> KdfProfile | None:
    """The kind of lock of an account; None where it cannot be read."""
    try:
        kdf = parse_canonical_json(pepper.open(KDF_PURPOSE, account, sealed))
    except KeptError:
        return None
    if not isinstance(kdf, dict) or not all(type(kdf.get(name)) is int for name in ("m", "t")):
        return None
    return KdfProfile(kdf["m"], kdf["t"])
