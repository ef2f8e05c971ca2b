"""The notary's keys as the instance key vouches for them."""

from collections.abc import Mapping
from typing import cast

from diary.crypto.signing import Notary
from diary.encoding import canon, parse, unb64
from diary.errors import BadSetting, BadSignature
from diary.ledger import key_statements
from diary.storage.database_interface import Database
from diary.storage.log import public_log


async def read_statements(db: Database) -> tuple[Mapping[str, object], ...]:
    """Every statement that was published here, oldest first."""
    return tuple(cast("dict[str, object]", parse(raw)) for raw in await public_log.statements(db))


def check_keys(told: tuple[Mapping[str, object], ...], notary: Notary) -> None:
    """Return when the newest statement is about this notary, or there is none; else BadSetting: nothing must be signed.

    Receipts by a key that no statement names would be worth nothing to any phone that pinned the instance key.
    """
    if not told:
        return
    try:
        keys = key_statements.chain(told, unb64(str(told[0]["instance"])))
    except BadSignature:
        raise BadSetting("The statements about the notary's keys do not hold. Restore them from a backup.") from None
    if keys[-1].log != notary.log:
        raise BadSetting("The notary's key is not the one the instance key vouches for. Put the right notary.key back.")


async def publish(db: Database, statement: Mapping[str, object]) -> None:
    """Add a statement after the ones that are here. Raises BadSignature when it does not follow on them."""
    before = await read_statements(db)
    whole = (*before, statement)
    keys = key_statements.chain(whole, unb64(str(whole[0].get("instance", ""))))
    await db.writer.run(
        lambda hand: public_log.add_statement(hand, len(before), unb64(keys[-1].log), canon(dict(statement)))
    )
