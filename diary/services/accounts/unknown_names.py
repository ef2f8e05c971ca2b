"""Derivation parameters for unknown usernames, distributed like those of existing accounts.

[Note: cost profiles of unknown names] Phones without WebAssembly use a cheaper KDF profile. If unknown names always had
the usual profile, a cheaper one would reveal that a name exists. So each unknown name has one of the profiles in use,
selected by an HMAC of the name, as often as existing names have it. The shares are fixed at a server's first start and
stored: recomputing them would change the responses for unknown names and not those for existing ones. They count the
accounts that exist at that time and a hundred assumed ones, so that no profile is missing.
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

# Assumed share of phones without WebAssembly (iOS in Lockdown Mode, old or hardened browsers), out of a hundred.
ASSUMED_PROFILE_WEIGHTS: Final = {DEFAULT_PROFILE: 97, FLOOR_PROFILE: 3}
SAMPLED_ACCOUNTS_LIMIT: Final = 2_000


@dataclass(frozen=True, slots=True)
class KdfProfileShares:
    """KDF profiles with their weights, in a fixed order."""

    weighted_profiles: tuple[tuple[KdfProfile, int], ...]

    def pick(self, number: int) -> KdfProfile:
        """Return the profile for a uniform number of any size that was derived from a name."""
        position = number % sum(weight for _, weight in self.weighted_profiles)
        ends = accumulate(weight for _, weight in self.weighted_profiles)
        return next(profile for (profile, _), end in zip(self.weighted_profiles, ends, strict=True) if position < end)


async def load_profile_shares(db: Database, pepper: Pepper) -> KdfProfileShares:
    """Return this server's shares, computed and stored at its first start. Raise BadSetting if the row is damaged."""
    stored = await db.run_read(lock_shares.find_shares)
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
        raise BadSetting("The table lock_shares is damaged. Restore the database from a backup.") from None


def _weigh_profiles(profiles: list[KdfProfile | None]) -> list[list[int]]:
    """Return the weight of each profile as `[memory_kib, passes, weight]`, in order of cost."""
    counts = Counter(ASSUMED_PROFILE_WEIGHTS) + Counter(profile for profile in profiles if profile is not None)
    return sorted([profile.memory_kib, profile.passes, weight] for profile, weight in counts.items())


def _read_kdf_profile(pepper: Pepper, account: bytes, sealed: bytes) -> KdfProfile | None:
    """Return the KDF profile of an account, or None if it cannot be read."""
    try:
        kdf = parse_canonical_json(pepper.open(KDF_PURPOSE, account, sealed))
    except KeptError:
        return None
    if not isinstance(kdf, dict) or not all(type(kdf.get(name)) is int for name in ("m", "t")):
        return None
    return KdfProfile(kdf["m"], kdf["t"])
