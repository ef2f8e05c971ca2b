"""Commands for the log and its keys: `audit`, and `keys` for the instance key and the notary keys.

[Note: instance key kept off the server] The instance key is made and kept on a computer that is not the server. Only a
wish (what is to be signed) and a statement (what was signed) travel between the two, as small files of public text.
"""

import asyncio
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from diary import config
from diary.cli.command_group import CommandGroup
from diary.clock import SystemClock
from diary.crypto.signing import Ed25519Signer, ed25519_fingerprint
from diary.encoding import b64, canonical_json, parse_canonical_json, unb64
from diary.errors import BadRequest, BadSetting
from diary.ledger import checkpoints, key_statements

if TYPE_CHECKING:
    from diary.ledger.audit import AuditFinding

EXISTING_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE: Final = click.Path(exists=False, dir_okay=False, path_type=Path)
NEXT_KEY_FILE_NAME: Final = "notary.next.key"
KEY_BYTES: Final = 32


@click.command()
@click.argument(
    "target",
    required=False,
    help="A server's public address, or a database (its address or an SQLite file). Default: this server's database.",
)
@click.option("--notary", type=EXISTING_FILE, help="The notary's public key, not from the server.")
@click.option("--instance", type=EXISTING_FILE, help="The public half of the instance key.")
@click.option("--tsa-root", type=EXISTING_FILE, multiple=True, help="A timestamp authority's root certificate (PEM).")
@click.option(
    "--witness",
    type=EXISTING_FILE,
    multiple=True,
    help="Log witnesses' keys, one per line, from another source than the server.",
)
def audit(
    target: str | None,
    notary: Path | None,
    instance: Path | None,
    tsa_root: tuple[Path, ...],
    witness: tuple[Path, ...],
) -> None:
    """Check a log: its tree, every checkpoint and every timestamp; in a database also every row that they cover."""
    roots = b"".join(path.read_bytes() for path in tsa_root) or None
    notary_key = read_public_key(notary) if notary else None
    instance_key = read_public_key(instance) if instance else None
    if target and re.match(r"https?://", target):
        faults = _audit_pages(target, notary_key, instance_key, roots, witness)
        if notary_key is None and instance_key is None:
            click.echo("The keys come from the server itself. Give --notary or --instance to use your own copy.")
    else:
        address = f"sqlite://{Path(target).absolute()}" if target and "://" not in target else target
        faults = asyncio.run(_audit_database(address, notary_key, instance_key, roots))
    for fault in faults:
        click.echo(f"{fault.row_label}: {fault.message}")
    if faults:
        click.echo(f"{len(faults)} finding{'s' if len(faults) > 1 else ''}. The log does not hold.")
        sys.exit(1)
    click.echo("No finding. The log holds.")


def _audit_pages(
    origin: str, notary_key: bytes | None, instance_key: bytes | None, roots: bytes | None, witness: tuple[Path, ...]
) -> "list[AuditFinding]":
    """Return the findings of a server's public pages, and print how many witnesses cosigned the log."""
    from diary.client.log_audit import audit_public_log, check_witnesses, connect_public_host
    from diary.ledger.cosignatures import parse_vkeys

    with connect_public_host(origin) as pages:
        faults = list(audit_public_log(pages, notary_key, instance_key, roots))
        witness_keys = b"".join(path.read_bytes() + b"\n" for path in witness) or pages.get("/log/witnesses") or b""
        witness_count = check_witnesses(pages, parse_vkeys(witness_keys))
    if not witness_count.witnesses:
        click.echo("No witness is named, so nobody else can notice if this server shows two different logs.")
    else:
        names = ", ".join(cosignature.witness_name for cosignature in witness_count.valid_cosignatures)
        key_source_hint = "" if witness else " Their keys come from the server. Give --witness to use your own copy."
        extent = (
            f" the log up to {witness_count.cosigned_size} leaves ({names})"
            if witness_count.valid_cosignatures
            else " this log"
        )
        click.echo(
            f"{len(witness_count.valid_cosignatures)} of {len(witness_count.witnesses)} witnesses have "
            f"seen{extent}.{key_source_hint}"
        )
    return [*faults, *witness_count.faults]


async def _audit_database(
    target: str | None, pinned_key: bytes | None, instance_key: bytes | None, roots: bytes | None
) -> "list[AuditFinding]":
    """Return the findings of an audit of a database."""
    from diary.storage.database import open_database
    from diary.storage.log.audit import audit_rows

    settings = config.load_settings({**os.environ, **({"DIARY_DATABASE_URL": target} if target else {})})
    seed = None if pinned_key else settings.find_existing_notary_seed()
    if pinned_key is None and seed is None:
        raise BadSetting("There is no notary.key here. Give --notary, or restore the key from a backup.")
    notary_key = pinned_key or Ed25519Signer(seed or b"").pub
    async with open_database(settings) as db:
        return await db.run_read(lambda transaction: list(audit_rows(transaction, notary_key, instance_key, roots)))


@click.group(cls=CommandGroup)
def keys() -> None:
    """Manage the instance key and the notary keys that it certifies. docs/operating.md has the steps in order."""


@keys.command("new-instance")
@click.argument("out", type=NEW_FILE, help="The key file to write; OUT.pub is its public half.")
def new_instance(out: Path) -> None:
    """Make an instance key. Run this on a computer that is not the server."""
    key = Ed25519Signer(config.load_or_create_secret(out))
    out.with_name(out.name + ".pub").write_text(b64(key.pub) + "\n", encoding="ascii")
    click.echo(f"Instance key: {ed25519_fingerprint(key.pub)}")
    click.echo(
        "Keep two copies, on paper or on sticks, away from the server. Whoever has it can replace the server's keys."
    )


@keys.command()
@click.argument("out", type=NEW_FILE, help="The file to write.")
@click.option(
    "--why",
    type=click.Choice(["first", "rotated", "lost", "exposed"]),
    required=True,
    help="Why the statement is made. All but `first` make a new notary key.",
)
def wish(out: Path, why: key_statements.ReplacementReason) -> None:
    """Write the statement that the instance key is to sign. Run this on the server."""
    statements, newest_checkpoint, settings, current_seed = asyncio.run(_read_key_state())
    seed = current_seed if why == "first" else config.load_or_create_secret(settings.data / NEXT_KEY_FILE_NAME)
    key_request = key_statements.draft_statement(
        Ed25519Signer(seed).pub, statements, why, SystemClock().now_ms(), newest_checkpoint if why != "first" else None
    )
    out.write_bytes(
        canonical_json({"before": [dict(statement) for statement in statements], "wish": key_request}) + b"\n"
    )
    click.echo(f"Notary key: {ed25519_fingerprint(Ed25519Signer(seed).pub)}")
    click.echo(f"Copy {out} to the computer with the instance key, and sign it there: keys sign")


@keys.command()
@click.argument("wished", type=EXISTING_FILE, help="The file that `keys wish` wrote.")
@click.argument("out", type=NEW_FILE, help="The signed statement to write.")
@click.option("--instance", type=EXISTING_FILE, required=True, help="The private half of the instance key.")
def sign(wished: Path, out: Path, instance: Path) -> None:
    """Sign a statement. Run this where the instance key is, and compare the notary key that each side prints."""
    request_file = _read_json_object(wished)
    key = Ed25519Signer(config.load_or_create_secret(instance))
    statement = key_statements.sign_statement(key, request_file["wish"])
    key_statements.verify_chain([*request_file["before"], statement], key.pub)
    out.write_bytes(canonical_json(statement) + b"\n")
    click.echo(f"Signed, {statement['why']}: notary key {ed25519_fingerprint(unb64(str(statement['pub'])))}")


@keys.command()
@click.argument("statement", type=EXISTING_FILE, help="The file that `keys sign` wrote.")
def publish(statement: Path) -> None:
    """Store a signed statement and put its notary key into use. Run this on the server, then restart it."""
    from diary.services.log import notary_keys
    from diary.storage.database import open_database

    settings = config.load_settings(os.environ)
    new_statement = _read_json_object(statement)

    async def store_statement() -> None:
        async with open_database(settings) as db:
            statements = await notary_keys.read_statements(db)
            # If it is stored but its key is not in use yet, an earlier run was interrupted. Only the key remains to do.
            if next_key_path is None or not statements or statements[-1] != new_statement:
                await notary_keys.publish_statement(db, new_statement)

    next_key_path = None if new_statement.get("why") == "first" else settings.data / NEXT_KEY_FILE_NAME
    current_notary = Ed25519Signer(
        settings.load_or_create_notary_seed() if next_key_path is None else _read_next_seed(next_key_path)
    )
    if current_notary.log_id != new_statement.get("log"):
        raise BadRequest("That statement is about another key than the one on this server.")
    asyncio.run(store_statement())
    if next_key_path is not None:
        _install_next_key(settings, next_key_path)
    click.echo(f"Published. The notary's key is {ed25519_fingerprint(current_notary.pub)}. Restart the server.")


def _install_next_key(settings: config.Settings, next_key_path: Path) -> None:
    """Rename the next key to notary.key.

    Keep the previous key under its own name: receipts may still be due under it.
    """
    if settings.notary_key is not None:
        click.echo(f"DIARY_NOTARY_KEY is set. Change it to the content of {next_key_path}, in base64url.")
        return
    current_key_path = settings.data / "notary.key"
    if current_key_path.exists():
        current_key_path.rename(settings.data / f"notary.{Ed25519Signer(current_key_path.read_bytes()).log_id[:8]}.key")
    next_key_path.rename(current_key_path)


def _read_next_seed(path: Path) -> bytes:
    """Return the 32 bytes of the next notary key. Raise BadSetting if the file is absent."""
    if not path.exists():
        raise BadSetting("There is no next notary key here. Run `keys wish` on this server first.")
    return config.load_or_create_secret(path)


async def _read_key_state() -> tuple[list[dict[str, Any]], dict[str, object] | None, config.Settings, bytes]:
    """Return the stored statements, the newest checkpoint's root and size, the settings and the notary's seed."""
    from diary.services.log import notary_keys
    from diary.services.operations import secrets_check
    from diary.storage.database import open_database
    from diary.storage.log import public_log

    settings = config.load_settings(os.environ)
    async with open_database(settings) as db:
        statements = [dict(statement) for statement in await notary_keys.read_statements(db)]
        newest = await public_log.find_newest_checkpoint(db)
        _, seed = await secrets_check.read_secrets(settings, db)
    checkpoint = checkpoints.parse_checkpoint(newest.note) if newest else None
    return statements, {"root": b64(checkpoint.root), "size": checkpoint.size} if checkpoint else None, settings, seed


def _read_json_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file. Raise BadRequest unless it is canonical JSON."""
    value = parse_canonical_json(path.read_bytes().strip())
    if not isinstance(value, dict):
        raise BadRequest(f"{path.name} does not contain a JSON object.")
    return value


def read_public_key(path: Path) -> bytes:
    """Return a public key from its 32 bytes or one line of base64url. Raise BadRequest for anything else."""
    raw = path.read_bytes()
    if len(raw) != KEY_BYTES:
        raw = unb64(raw.decode("ascii", "replace").strip())
    if len(raw) != KEY_BYTES:
        raise BadRequest(f"{path.name} does not contain a public key.")
    return raw
