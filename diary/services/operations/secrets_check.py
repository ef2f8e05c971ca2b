"""Whether pepper and notary key are the ones a database was written with.

[Note: a secret that is gone] A new pepper over old accounts turns every keeper's right words into wrong ones, and a new
notary key makes receipts that no phone takes. So secrets are made for a database with nobody in it only; over any
other a missing one stops the start, while the lost file can still be put back.
"""

from typing import Final

from diary.config import Settings
from diary.errors import BadSetting, SealError, Unavailable
from diary.services.accounts.pepper import KDF_PURPOSE, Pepper
from diary.services.operations.doctor import read_database_times
from diary.storage.accounts import account_rows
from diary.storage.database import open_database
from diary.storage.database_interface import Database

_RESTORE_HINT: Final = "Put it back from a backup, or see docs/operating.md, Keys."
# As many accounts are tried: a few may have been made under another pepper, by a server that was once without its own.
ACCOUNTS_TRIED_LIMIT: Final = 20


async def read_secrets(settings: Settings, db: Database) -> tuple[bytes, bytes]:
    """The pepper and the notary's seed. They are made where nobody is there yet. Raises BadSetting, see the note."""
    fault = await find_secrets_fault(settings, db)
    if fault:
        raise BadSetting(fault)
    return settings.load_or_create_pepper(), settings.load_or_create_notary_seed()


async def find_secrets_fault(settings: Settings, db: Database) -> str:
    """What is wrong with the secrets here, a sentence or two, or ''. Makes none. Raises BadSetting for a damaged file."""
    pepper, notary_seed = settings.find_existing_pepper(), settings.find_existing_notary_seed()
    sealed_kdfs = await db.run_read(lambda tx: account_rows.list_sealed_kdfs(tx, ACCOUNTS_TRIED_LIMIT))
    if not sealed_kdfs:
        return ""
    missing = [name for name, raw in (("pepper", pepper), ("notary.key", notary_seed)) if raw is None]
    if missing:
        return f"There is no {' and no '.join(missing)} here, and this database was written with one. {_RESTORE_HINT}"
    if pepper and not any(_can_open(Pepper(pepper), account, kdf) for account, kdf in sealed_kdfs):
        return f"The pepper here is not the one this database was written with: nobody could sign in. {_RESTORE_HINT}"
    return ""


async def check_database(settings: Settings, now_ms: int) -> tuple[int, int, str, str]:
    """What the database says of time (`times_of`), and what is wrong with it and with the secrets, '' for nothing."""
    try:
        async with open_database(settings) as db:
            return (*await read_database_times(db, now_ms), "", await find_secrets_fault(settings, db))
    except (BadSetting, Unavailable) as error:
        return 0, 0, error.message, ""


def _can_open(pepper: Pepper, account: bytes, kdf: bytes) -> bool:
    """Whether a sealed column of an account is this pepper's."""
    try:
        pepper.open(KDF_PURPOSE, account, kdf)
    except SealError:
        return False
    return True
