"""The command that checks a pack, and its report."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from diary.cli.log import EXISTING_FILE, read_public_key
from diary.cli.pack import UNSANDBOXED, release_name
from diary.encoding import b64

if TYPE_CHECKING:
    from diary.pack.verify.findings import Finding
    from diary.pack.verify.verifier import VerifiedFacts


@click.command()
@click.argument(
    "pack",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, path_type=Path),
    help="The pack: its zip or its unpacked folder. A portal set: its folder, or its files. Also pack.tsr and "
    "receipt-slip.json, where they do not lie beside the pack.",
)
@click.option(
    "--notary", type=EXISTING_FILE, help="The server's public notary key, from its operator and not from the pack."
)
@click.option(
    "--instance",
    type=EXISTING_FILE,
    help="The public half of the server's instance key, which certifies the notary's keys.",
)
@click.option("--tsa-root", type=EXISTING_FILE, multiple=True, help="A timestamp authority's root certificate (PEM).")
@click.option(
    "--witness",
    type=EXISTING_FILE,
    multiple=True,
    help="A file of log witnesses' keys, one per line, not from the pack.",
)
@click.option(
    "--rerender",
    is_flag=True,
    help="Typeset every document again, compare it with the pack's, and name each page that differs.",
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write the result as a PDF of one page, to file.",
)
@click.option("--unsandboxed", is_flag=True, help=UNSANDBOXED)
def verify(
    pack: tuple[Path, ...],
    notary: Path | None,
    instance: Path | None,
    tsa_root: tuple[Path, ...],
    witness: tuple[Path, ...],
    rerender: bool,
    report: Path | None,
    unsandboxed: bool,
) -> None:
    """Check a pack and list every finding. The exit status is 1 when there is one.

    Of a pack's servable folder alone, what it contains is checked.
    """
    from diary import isolation
    from diary.ledger.cosignatures import parse_vkeys
    from diary.pack.verify.verifier import VerifiedFacts, verify_pack

    if rerender and not unsandboxed:
        isolation.require_isolation()
    witness_keys = [key for path in witness for key in parse_vkeys(path.read_bytes())]

    facts = VerifiedFacts()
    notary_key = read_public_key(notary) if notary else None
    tsa_roots = [path.read_bytes() for path in tsa_root]
    instance_key = read_public_key(instance) if instance else None
    release = release_name() if rerender else None
    findings = verify_pack(
        *pack,
        notary=notary_key,
        tsa_roots=tsa_roots or None,
        instance=instance_key,
        rerender=release,
        is_unsandboxed=unsandboxed,
        witnesses=witness_keys,
        facts=facts,
    )
    _print_result(facts, findings, len(witness_keys))
    if report is not None:
        anchors = {
            "Notary key of the server": b64(notary_key) if notary_key else "none given: the one in the pack",
            "Instance key of the server": b64(instance_key) if instance_key else "none given",
            "Certificates of timestamp authorities": str(len(tsa_roots) or "none given"),
            "Log witnesses": str(len(witness_keys) or "none given"),
        }
        _write_report(report, pack[0], anchors, facts, findings, is_rerendered=rerender)
    if findings:
        sys.exit(1)
    if not rerender:
        click.echo("To typeset the documents again and compare them with the record, add --rerender.")


def _print_result(facts: "VerifiedFacts", findings: "Sequence[Finding]", witness_count: int) -> None:
    """Print what the signature shows, then every finding."""
    from diary.pack.verify.pack_status import LIMITS_TEXT, format_status, format_utc

    if status := format_status(facts.status, facts.received_at):
        click.echo(status)
    if facts.first_received_at is not None:
        click.echo(f"The server received the first entry in it on {format_utc(facts.first_received_at)}.")
    if facts.stamped_at is not None:
        click.echo(f"An outside authority stamped the list of its files on {format_utc(facts.stamped_at)}.")
    if witness_count:
        names = ", ".join(cosignature.witness_name for cosignature in facts.cosignatures)
        extent = f"the log up to {facts.log_size} leaves" if facts.log_size else "a log of this pack: it has none"
        seen = f"{len(facts.cosignatures)} of {witness_count} witnesses have seen {extent}"
        click.echo(f"{seen} ({names})." if names else f"{seen}.")
    for finding in findings:
        where = f"{finding.member}: " if finding.member else ""
        click.echo(f"{finding.code}: {where}{finding.sentence}")
    if findings:
        click.echo(f"{len(findings)} finding{'s' if len(findings) > 1 else ''}.")
    else:
        click.echo(
            "No finding. Every file, entry, signature and receipt in this pack agrees with the others and the key."
        )
    if facts.fingerprint:
        click.echo(f"Numbers of this pack, to compare with those of the person who gave it to you: {facts.fingerprint}")
    click.echo(LIMITS_TEXT)


def _write_report(
    path: Path,
    pack: Path,
    anchors: Mapping[str, str],
    facts: "VerifiedFacts",
    findings: "Sequence[Finding]",
    *,
    is_rerendered: bool,
) -> None:
    """Write the report of a check."""
    from diary.clock import SystemClock
    from diary.pack.verify.report import CheckDetails, write_report

    details = CheckDetails(pack, SystemClock().now_ms(), release_name(), anchors, is_rerendered)
    write_report(path, details, facts, findings)
    click.echo(f"Report:     {path}")
