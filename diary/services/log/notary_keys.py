"""The notary's keys that the instance key has signed."""

from collections.abc import Mapping
from typing import cast

from diary.crypto.signing import Ed25519Signer
from diary.encoding import canonical_json, parse_canonical_json, unb64
from diary.errors import BadSetting, BadSignature
from diary.ledger import key_statements
from diary.storage.database_interface import Database
from diary.storage.log import public_log


async def read_statements(db: Database) -> tuple[Mapping[str, object], ...]:
    """Return every published statement, oldest first."""
    return tuple(
        cast("dict[str, object]", parse_canonical_json(raw)) for raw in await public_log.list_key_statements(db)
    )


def check_keys(statements: tuple[Mapping[str, object], ...], notary: Ed25519Signer) -> None:
    """Raise BadSetting unless the newest statement, if any, is about this notary.

    Without a matching statement nothing may be signed: phones that pinned the instance key would refuse the receipts.
    """
    if not statements:
        return
    try:
        keys = key_statements.verify_chain(statements, unb64(str(statements[0]["instance"])))
    except BadSignature:
        raise BadSetting("The statements about the notary's keys do not hold. Restore them from a backup.") from None
    if keys[-1].log_id != notary.log_id:
        raise BadSetting("The notary's key is not the one the instance key certified. Restore the right notary.key.")


async def publish_statement(db: Database, statement: Mapping[str, object]) -> None:
    """Add a statement after the existing ones. Raise BadSignature if it does not continue their chain."""
    existing = await read_statements(db)
    statements = (*existing, statement)
    keys = key_statements.verify_chain(statements, unb64(str(statements[0].get("instance", ""))))
    await db.writer.run(
        lambda tx: public_log.add_key_statement(
            tx, len(existing), unb64(keys[-1].log_id), canonical_json(dict(statement))
        )
    )
