"""Whether pepper and notary key are the ones a database was written with.

[Note: a secret that is gone] A new pepper over old accounts turns every keeper's right words into wrong ones, and a new
notary key makes receipts that no phone takes. So secrets are made for a database with nobody in it only; over any
other a missing one stops the start, while the lost file can still be put back.
"""

from typing import Final

from diary.config import Settings
from diary.errors import BadSetting, SealError, Unavailable
from diary.services.accounts.pepper import KDF, Pepper
from diary.services.operations.doctor import times_of
from diary.storage.accounts import account_rows
from diary.storage.database import opened
from diary.storage.database_interface import Database

_BACK: Final = "Put it back from a backup, or see docs/operating.md, Keys."
# As many accounts are tried: a few may have been made under another pepper, by a server that was once without its own.
TRIED: Final = 20


async def read_secrets(settings: Settings, db: Database) -> tuple[bytes, bytes]:
    """The pepper and the notary's seed. They are made where nobody is there yet. Raises BadSetting, see the note."""
    fault = await find_fault(settings, db)
    if fault:
        raise BadSetting(fault)
    return settings.read_pepper(), settings.read_notary_seed()


async def find_fault(settings: Settings, db: Database) -> str:
    """What is wrong with the secrets here, a sentence or two, or ''. Makes none. Raises BadSetting for a damaged file."""
    pepper, seed = settings.find_pepper(), settings.find_notary_seed()
    sealed = await db.page(lambda hand: account_rows.list_sealed(hand, TRIED))
    if not sealed:
        return ""
    missing = [name for name, raw in (("pepper", pepper), ("notary.key", seed)) if raw is None]
    if missing:
        return f"There is no {' and no '.join(missing)} here, and this database was written with one. {_BACK}"
    if pepper and not any(_opens(Pepper(pepper), account, kdf) for account, kdf in sealed):
        return f"The pepper here is not the one this database was written with: nobody could sign in. {_BACK}"
    return ""


async def look(settings: Settings, now: int) -> tuple[int, int, str, str]:
    """What the database says of time (`times_of`), and what is wrong with it and with the secrets, '' for nothing."""
    try:
        async with opened(settings) as db:
            return (*await times_of(db, now), "", await find_fault(settings, db))
    except (BadSetting, Unavailable) as error:
        return 0, 0, error.sentence, ""


def _opens(pepper: Pepper, account: bytes, kdf: bytes) -> bool:
    """Whether a sealed column of an account is this pepper's."""
    try:
        pepper.open(KDF, account, kdf)
    except SealError:
        return False
    return True
