"""The notary's keys as the instance key vouches for them."""

from collections.abc import Mapping
from typing import cast

from diary.crypto.signing import Ed25519Signer
from diary.encoding import canonical_json, parse_canonical_json, unb64
from diary.errors import BadSetting, BadSignature
from diary.ledger import key_statements
from diary.storage.database_interface import Database
from diary.storage.log import public_log


async def read_statements(db: Database) -> tuple[Mapping[str, object], ...]:
    """Every statement that was published here, oldest first."""
    return tuple(
        cast("dict[str, object]", parse_canonical_json(raw)) for raw in await public_log.list_key_statements(db)
    )


def check_keys(statements: tuple[Mapping[str, object], ...], notary: Ed25519Signer) -> None:
    """Return when the newest statement is about this notary, or there is none; else BadSetting: nothing must be signed.

    Receipts by a key that no statement names would be worth nothing to any phone that pinned the instance key.
    """
    if not statements:
        return
    try:
        keys = key_statements.verify_chain(statements, unb64(str(statements[0]["instance"])))
    except BadSignature:
        raise BadSetting("The statements about the notary's keys do not hold. Restore them from a backup.") from None
    if keys[-1].log_id != notary.log_id:
        raise BadSetting("The notary's key is not the one the instance key vouches for. Put the right notary.key back.")


async def publish_statement(db: Database, statement: Mapping[str, object]) -> None:
    """Add a statement after the ones that are here. Raises BadSignature when it does not follow on them."""
    existing = await read_statements(db)
    statements = (*existing, statement)
    keys = key_statements.verify_chain(statements, unb64(str(statements[0].get("instance", ""))))
    await db.writer.run(
        lambda tx: public_log.add_key_statement(
            tx, len(existing), unb64(keys[-1].log_id), canonical_json(dict(statement))
        )
    )
