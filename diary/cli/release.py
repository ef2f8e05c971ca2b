"""The command line's part about releases: which bytes phones are to get, signed off line, and whether a server serves them."""

import hashlib
import os
import sys
from pathlib import Path
from typing import Final

import click

from diary import config
from diary.crypto.signing import Notary, fingerprint
from diary.encoding import b64
from diary.ledger import releases
from diary.ledger.leaves import release_leaf

FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE: Final = click.Path(exists=False, dir_okay=False, path_type=Path)


@click.group()
def release() -> None:
    """Sign the list of a release's files, with a key that is never on a server."""


@release.command("key")
@click.argument("out", type=NEW_FILE, help="The key file to write; OUT.pub is its public half.")
def make_key(out: Path) -> None:
    """Make the release key. Run this on a computer that is not a server."""
    seed = os.urandom(32)
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(seed)
    pub = Notary(seed).pub
    out.with_name(out.name + ".pub").write_text(b64(pub) + "\n", encoding="ascii")
    click.echo(f"Publish {out.name}.pub: {fingerprint(pub)}. Keep {out.name} away from every server.")


@release.command("make")
@click.argument("out", type=NEW_FILE, help="The list to write, release.json.")
@click.option("--key", type=FILE, required=True, help="The private half of the release key.")
def make(out: Path, key: Path) -> None:
    """Write the signed list of every file that this checkout serves, with its SHA-256."""
    from diary.paths import STATIC, TEMPLATES
    from diary.web.pages import render_pages

    notary = Notary(key.read_bytes())
    # The worker names the key whose list it asks for, so its own bytes hang on it.
    made = render_pages(config.load(os.environ | {"DIARY_RELEASE_KEY": b64(notary.pub)}), STATIC, TEMPLATES).release
    worker = hashlib.sha256(made.script).hexdigest()
    out.write_bytes(releases.make(notary, digest=made.digest, files=made.files, worker=worker))
    click.echo(f"Release {made.name}: {len(made.files)} files, signed.")


@release.command("webcat")
@click.argument("out", type=NEW_FILE, help="The manifest to write.")
@click.option(
    "--app", default="https://example.org/kept", show_default=True, help="The address of this program's source."
)
def webcat(out: Path, app: str) -> None:
    """Write the manifest that WEBCAT's tool signs and logs: every file that the app's host may run, and its policy."""
    from diary.ledger.webcat import manifest as manifest_of
    from diary.paths import STATIC, TEMPLATES
    from diary.web.headers import APP_POLICY
    from diary.web.pages import app_files, render_pages

    pages = render_pages(config.load(os.environ), STATIC, TEMPLATES)
    files = app_files(pages)
    out.write_bytes(manifest_of(files, app=app, version=pages.release.name, policy=APP_POLICY))
    click.echo(f"Release {pages.release.name}: {len(files)} files. Sign it with WEBCAT's tool, then set DIARY_WEBCAT.")


@click.command("verify-host")
@click.argument("url", help="The server's app address.")
@click.option("--manifest", type=FILE, help="The signed list of the release. Default: the host's copy.")
@click.option("--key", type=FILE, required=True, help="The public half of the release key, not from the server.")
@click.option(
    "--log", "public", metavar="URL", help="The server's public address. Also check that its log contains the list."
)
@click.option("--at", default="", metavar="HOST:PORT", help="Connect to this address instead of the one in DNS.")
@click.option("--ca", type=FILE, help="A further certificate authority to trust (PEM).")
def verify_host(url: str, manifest: Path | None, key: Path, public: str | None, at: str, ca: Path | None) -> None:
    """Compare what a server serves with a signed release, file by file.

    Exit status 0: every file is the released one. 1: a file differs. 2: not everything could be compared, because the
    release is not signed or the server could not be asked.
    """
    from diary.client import release_check
    from diary.client.host_probe import Visitor

    visitor, host, pub = Visitor(at, str(ca) if ca else None), url.rstrip("/"), release_check.read_pub(key)
    wanted = releases.read(manifest.read_bytes(), pub)[1] if manifest else release_check.fetch_list(visitor, host, pub)
    if isinstance(wanted, str):
        click.echo(f"{wanted[0].upper()}{wanted[1:]}.")
        sys.exit(2 if wanted != release_check.FORGED else 1)
    found = release_check.compare(visitor, host, wanted)
    for path in found.differing:
        click.echo(f"differs: {path}")
    if found.sentence:
        click.echo(f"{found.sentence}.")
        sys.exit(1 if found.differing else 2)
    click.echo(f"All {found.asked} files are the released ones.")
    if public:
        sys.exit(
            0 if _is_logged(public, manifest.read_bytes() if manifest else release_check.list_of(visitor, host)) else 1
        )


def _is_logged(public: str, listed: bytes) -> bool:
    """Whether the log of a server's public host holds a signed list; says where. Whether that log is sound, `audit` says."""
    from diary.client.log_audit import public_pages

    with public_pages(public.rstrip("/")) as pages:
        wanted = release_leaf(listed)
        place = next((i for i, leaf in enumerate(pages.leaves()) if leaf == wanted), None)
    click.echo(f"The list is {'not in' if place is None else f'leaf {place} of'} the public log.")
    return place is not None
