"""The command line's part about the log and its keys: `audit`, and `keys` for the instance key and the notary's.

[Note: two machines] The instance key is made and kept on a computer that is not the server. Only a wish (what is
to be signed) and a statement (what was signed) travel between the two, as small files of public text.
"""

import asyncio
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from diary import config
from diary.clock import SystemClock
from diary.crypto.signing import Notary, fingerprint
from diary.encoding import b64, canon, parse, unb64
from diary.errors import BadRequest, BadSetting
from diary.ledger import checkpoints, key_statements

if TYPE_CHECKING:
    from diary.ledger.audit import Fault

FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE: Final = click.Path(exists=False, dir_okay=False, path_type=Path)
NEXT: Final = "notary.next.key"
KEY_BYTES: Final = 32


@click.command()
@click.argument(
    "target",
    required=False,
    help="A server's public address, or a database (its address or an SQLite file). Default: this server's database.",
)
@click.option("--notary", type=FILE, help="The notary's public key, not from the server.")
@click.option("--instance", type=FILE, help="The public half of the instance key.")
@click.option("--tsa-root", type=FILE, multiple=True, help="A timestamp authority's root certificate (PEM).")
@click.option(
    "--witness", type=FILE, multiple=True, help="Log witnesses' keys, one a line, from somewhere else than the server."
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
    pinned = read_key(notary) if notary else None
    root_key = read_key(instance) if instance else None
    if target and re.match(r"https?://", target):
        faults = _audit_pages(target, pinned, root_key, roots, witness)
        if pinned is None and root_key is None:
            click.echo("The keys come from the server itself: give --notary or --instance to hold it to yours.")
    else:
        address = f"sqlite://{Path(target).absolute()}" if target and "://" not in target else target
        faults = asyncio.run(_audit_database(address, pinned, root_key, roots))
    for fault in faults:
        click.echo(f"{fault.row}: {fault.sentence}")
    if faults:
        click.echo(f"{len(faults)} finding{'s' if len(faults) > 1 else ''}. The log does not hold.")
        sys.exit(1)
    click.echo("No finding. The log holds.")


def _audit_pages(
    origin: str, notary: bytes | None, instance: bytes | None, roots: bytes | None, witness: tuple[Path, ...]
) -> "list[Fault]":
    """The findings of a server's public pages; how many witnesses saw the log is printed."""
    from diary.client.log_audit import audit_pages, count_witnesses, public_pages
    from diary.ledger.cosignatures import read_vkeys

    with public_pages(origin) as pages:
        faults = list(audit_pages(pages, notary, instance, roots))
        told = b"".join(path.read_bytes() + b"\n" for path in witness) or pages.get("/log/witnesses") or b""
        found = count_witnesses(pages, read_vkeys(told))
    if not found.asked:
        click.echo("No witness is named: nobody outside keeps this server from showing two logs.")
    else:
        names = ", ".join(one.witness for one in found.seen)
        whose = "" if witness else " The server names them itself: give --witness to hold it to yours."
        under = f" the log up to {found.size} leaves ({names})" if found.seen else " this log"
        click.echo(f"{len(found.seen)} of {len(found.asked)} witnesses have seen{under}.{whose}")
    return [*faults, *found.faults]


async def _audit_database(
    target: str | None, notary: bytes | None, instance: bytes | None, roots: bytes | None
) -> "list[Fault]":
    """The findings of a database."""
    from diary.storage.database import opened
    from diary.storage.log.audit import audit_rows

    settings = config.load({**os.environ, **({"DIARY_DATABASE_URL": target} if target else {})})
    seed = None if notary else settings.find_notary_seed()
    if notary is None and seed is None:
        raise BadSetting("There is no notary.key here: give --notary, or put the key back from a backup.")
    key = notary or Notary(seed or b"").pub
    async with opened(settings) as db:
        return await db.page(lambda hand: list(audit_rows(hand, key, instance, roots)))


@click.group()
def keys() -> None:
    """Manage the instance key and the notary keys that it certifies. docs/operating.md has the steps in order."""


@keys.command("new-instance")
@click.argument("out", type=NEW_FILE, help="The key file to write; OUT.pub is its public half.")
def new_instance(out: Path) -> None:
    """Make an instance key. Run this on a computer that is not the server."""
    key = Notary(config.kept_secret(out))
    out.with_name(out.name + ".pub").write_text(b64(key.pub) + "\n", encoding="ascii")
    click.echo(f"Instance key: {fingerprint(key.pub)}")
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
def wish(out: Path, why: key_statements.Why) -> None:
    """Write the statement that the instance key is to sign. Run this on the server."""
    told, last, settings, own = asyncio.run(_known())
    seed = own if why == "first" else config.kept_secret(settings.data / NEXT)
    made = key_statements.wish(Notary(seed).pub, told, why, SystemClock().now_ms(), last if why != "first" else None)
    out.write_bytes(canon({"before": [dict(one) for one in told], "wish": made}) + b"\n")
    click.echo(f"Notary key: {fingerprint(Notary(seed).pub)}")
    click.echo(f"Carry {out} to the computer with the instance key, and sign it there: keys sign")


@keys.command()
@click.argument("wished", type=FILE, help="The file that `keys wish` wrote.")
@click.argument("out", type=NEW_FILE, help="The signed statement to write.")
@click.option("--instance", type=FILE, required=True, help="The private half of the instance key.")
def sign(wished: Path, out: Path, instance: Path) -> None:
    """Sign a statement. Run this where the instance key is, and compare the notary key that each side prints."""
    told = _object(wished)
    key = Notary(config.kept_secret(instance))
    statement = key_statements.make(key, told["wish"])
    key_statements.chain([*told["before"], statement], key.pub)
    out.write_bytes(canon(statement) + b"\n")
    click.echo(f"Signed, {statement['why']}: notary key {fingerprint(unb64(str(statement['pub'])))}")


@keys.command()
@click.argument("statement", type=FILE, help="The file that `keys sign` wrote.")
def publish(statement: Path) -> None:
    """Store a signed statement and put its notary key into use. Run this on the server, then restart it."""
    from diary.services.log import notary_keys
    from diary.storage.database import opened

    settings = config.load(os.environ)
    said = _object(statement)

    async def put() -> None:
        async with opened(settings) as db:
            told = await notary_keys.read_statements(db)
            # One that stands last while its key still lies beside: this was interrupted between the two, and goes on.
            if new is None or not told or told[-1] != said:
                await notary_keys.publish(db, said)

    new = None if said.get("why") == "first" else settings.data / NEXT
    current = Notary(settings.read_notary_seed() if new is None else _seed(new))
    if current.log != said.get("log"):
        raise BadRequest("That statement is about another key than the one that lies here.")
    asyncio.run(put())
    if new is not None:
        _swap(settings, new)
    click.echo(f"Published. The notary's key is {fingerprint(current.pub)}. Restart the server.")


def _swap(settings: config.Settings, new: Path) -> None:
    """The next key becomes the notary's; the one before is kept under its own name, for receipts nobody has asked for yet."""
    if settings.notary_key is not None:
        click.echo(f"DIARY_NOTARY_KEY is set: change it to what {new} holds, in base64url.")
        return
    old = settings.data / "notary.key"
    if old.exists():
        old.rename(settings.data / f"notary.{Notary(old.read_bytes()).log[:8]}.key")
    new.rename(old)


def _seed(path: Path) -> bytes:
    """A key's file that must be there. Raises BadSetting."""
    if not path.exists():
        raise BadSetting("There is no next notary key here: run `keys wish` on this server first.")
    return config.kept_secret(path)


async def _known() -> tuple[list[dict[str, Any]], dict[str, object] | None, config.Settings, bytes]:
    """The statements that are here, what the newest checkpoint says, the settings, and the notary's seed."""
    from diary.services.log import notary_keys
    from diary.services.operations import secrets_check
    from diary.storage.database import opened
    from diary.storage.log import public_log

    settings = config.load(os.environ)
    async with opened(settings) as db:
        told = [dict(one) for one in await notary_keys.read_statements(db)]
        newest = await public_log.newest_checkpoint(db)
        _, seed = await secrets_check.read_secrets(settings, db)
    said = checkpoints.read(newest.note) if newest else None
    return told, {"root": b64(said.root), "size": said.size} if said else None, settings, seed


def _object(path: Path) -> dict[str, Any]:
    """A file of canonical JSON. Raises BadRequest."""
    value = parse(path.read_bytes().strip())
    if not isinstance(value, dict):
        raise BadRequest(f"{path.name} is not what it should be.")
    return value


def read_key(path: Path) -> bytes:
    """A public key: 32 bytes, or their base64url on one line. Raises BadRequest."""
    raw = path.read_bytes()
    if len(raw) != KEY_BYTES:
        raw = unb64(raw.decode("ascii", "replace").strip())
    if len(raw) != KEY_BYTES:
        raise BadRequest(f"{path.name} holds no public key.")
    return raw
