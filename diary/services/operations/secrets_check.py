"""Check that a database was written with the present pepper and notary key.

[Note: missing secrets] With a new pepper every keeper's correct words are wrong, and with a new notary key phones
refuse the receipts. So secrets are created only for a database without accounts; otherwise a missing one stops the
start, while the lost file can still be restored.
"""

from typing import Final

from diary.config import Settings
from diary.errors import BadSetting, SealError, Unavailable
from diary.services.accounts.pepper import KDF_PURPOSE, Pepper
from diary.services.operations.doctor import read_database_times
from diary.storage.accounts import account_rows
from diary.storage.database import open_database
from diary.storage.database_interface import Database

_RESTORE_HINT: Final = "Restore it from a backup, or see docs/operating.md, Keys."
# Several accounts are tried, because some may date from a time when the server ran with another pepper.
ACCOUNTS_TRIED_LIMIT: Final = 20


async def read_secrets(settings: Settings, db: Database) -> tuple[bytes, bytes]:
    """Return the pepper and the notary's seed, creating them for a database without accounts.

    Raise BadSetting; see the note.
    """
    fault = await find_secrets_fault(settings, db)
    if fault:
        raise BadSetting(fault)
    return settings.load_or_create_pepper(), settings.load_or_create_notary_seed()


async def find_secrets_fault(settings: Settings, db: Database) -> str:
    """Return a sentence or two about the fault of the secrets, or ''. Create nothing.

    Raise BadSetting for a damaged file.
    """
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
    """Return the results of `read_database_times`, then the fault of the database and that of the secrets.

    A fault is '' if nothing is wrong.
    """
    try:
        async with open_database(settings) as db:
            return (*await read_database_times(db, now_ms), "", await find_secrets_fault(settings, db))
    except (BadSetting, Unavailable) as error:
        return 0, 0, error.message, ""


def _can_open(pepper: Pepper, account: bytes, kdf: bytes) -> bool:
    """Return whether this pepper opens a sealed column of an account."""
    try:
        pepper.open(KDF_PURPOSE, account, kdf)
    except SealError:
        return False
    return True
