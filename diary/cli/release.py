"""Commands for releases: sign the list of files offline, and check that a server serves them."""

import hashlib
import os
import sys
from pathlib import Path
from typing import Final

import click

from diary import config
from diary.cli.command_group import CommandGroup
from diary.crypto.signing import Ed25519Signer, ed25519_fingerprint
from diary.encoding import b64
from diary.ledger import releases
from diary.ledger.leaves import release_leaf

EXISTING_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE: Final = click.Path(exists=False, dir_okay=False, path_type=Path)


@click.group(cls=CommandGroup)
def release() -> None:
    """Sign the list of a release's files, with a key that is never on a server."""


@release.command("key")
@click.argument("out", type=NEW_FILE, help="The key file to write; OUT.pub is its public half.")
def make_key(out: Path) -> None:
    """Make the release key. Run this on a computer that is not a server."""
    seed = os.urandom(32)
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(seed)
    pub = Ed25519Signer(seed).pub
    out.with_name(out.name + ".pub").write_text(b64(pub) + "\n", encoding="ascii")
    click.echo(f"Publish {out.name}.pub: {ed25519_fingerprint(pub)}. Keep {out.name} away from every server.")


@release.command("make")
@click.argument("out", type=NEW_FILE, help="The list to write, release.json.")
@click.option("--key", type=EXISTING_FILE, required=True, help="The private half of the release key.")
def write_release_list(out: Path, key: Path) -> None:
    """Write the signed list of every file that this checkout serves, with its SHA-256."""
    from diary.paths import STATIC, TEMPLATES
    from diary.web.pages import render_pages

    notary = Ed25519Signer(key.read_bytes())
    # The service worker contains the public key of the release list, so its bytes depend on the key.
    built_release = render_pages(
        config.load_settings(os.environ | {"DIARY_RELEASE_KEY": b64(notary.pub)}), STATIC, TEMPLATES
    ).release
    worker_digest = hashlib.sha256(built_release.service_worker_script).hexdigest()
    out.write_bytes(
        releases.sign_release(notary, digest=built_release.digest, files=built_release.files, worker=worker_digest)
    )
    click.echo(f"Release {built_release.name}: {len(built_release.files)} files, signed.")


@release.command("webcat")
@click.argument("out", type=NEW_FILE, help="The manifest to write.")
@click.option(
    "--app", default="https://example.org/kept", show_default=True, help="The address of this program's source."
)
def write_webcat_manifest(out: Path, app: str) -> None:
    """Write the manifest that WEBCAT's tool signs and logs: every file that the app's host may run, and its policy."""
    from diary.ledger.webcat import build_manifest
    from diary.paths import STATIC, TEMPLATES
    from diary.web.headers import APP_POLICY
    from diary.web.pages import app_files, render_pages

    pages = render_pages(config.load_settings(os.environ), STATIC, TEMPLATES)
    files = app_files(pages)
    out.write_bytes(build_manifest(files, app=app, version=pages.release.name, content_security_policy=APP_POLICY))
    click.echo(f"Release {pages.release.name}: {len(files)} files. Sign it with WEBCAT's tool, then set DIARY_WEBCAT.")


@click.command("verify-host")
@click.argument("url", help="The server's app address.")
@click.option("--manifest", type=EXISTING_FILE, help="The signed list of the release. Default: the host's copy.")
@click.option(
    "--key", type=EXISTING_FILE, required=True, help="The public half of the release key, not from the server."
)
@click.option(
    "--log", "public", metavar="URL", help="The server's public address. Also check that its log contains the list."
)
@click.option("--at", default="", metavar="HOST:PORT", help="Connect to this address instead of the one in DNS.")
@click.option("--ca", type=EXISTING_FILE, help="A further certificate authority to trust (PEM).")
def verify_host(url: str, manifest: Path | None, key: Path, public: str | None, at: str, ca: Path | None) -> None:
    """Compare what a server serves with a signed release, file by file.

    Exit status 0: every file is the released one. 1: a file differs. 2: not everything could be compared, because the
    release is not signed or the server could not be asked.
    """
    from diary.client import release_check
    from diary.client.host_probe import HostProbe

    host_probe, host, pub = HostProbe(at, str(ca) if ca else None), url.rstrip("/"), release_check.read_release_key(key)
    expected_files = (
        releases.read_release(manifest.read_bytes(), pub)[1]
        if manifest
        else release_check.fetch_release_list(host_probe, host, pub)
    )
    if isinstance(expected_files, str):
        click.echo(f"{expected_files[0].upper()}{expected_files[1:]}.")
        sys.exit(2 if expected_files != release_check.BAD_SIGNATURE_FAULT else 1)
    comparison = release_check.compare_release(host_probe, host, expected_files)
    for path in comparison.differing_paths:
        click.echo(f"differs: {path}")
    if comparison.summary:
        click.echo(f"{comparison.summary}.")
        sys.exit(1 if comparison.differing_paths else 2)
    click.echo(f"All {comparison.file_count} files are the released ones.")
    if public:
        sys.exit(
            0
            if _report_log_inclusion(
                public, manifest.read_bytes() if manifest else release_check.fetch_raw_release_list(host_probe, host)
            )
            else 1
        )


def _report_log_inclusion(public_url: str, release_list: bytes) -> bool:
    """Print whether a public log contains a signed list, and return it. `audit` checks the log itself."""
    from diary.client.log_audit import connect_public_host

    with connect_public_host(public_url.rstrip("/")) as pages:
        leaf_hash = release_leaf(release_list)
        leaf_index = next((i for i, leaf in enumerate(pages.leaves()) if leaf == leaf_hash), None)
    click.echo(f"The list is {'not in' if leaf_index is None else f'leaf {leaf_index} of'} the public log.")
    return leaf_index is not None
