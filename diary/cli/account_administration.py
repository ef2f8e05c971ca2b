"""Commands for accounts and invitations that exist: `accounts`, `invites` and `close-account`."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from diary import config
from diary.cli.accounts import ID_ARGUMENT_SETTINGS
from diary.cli.command_group import CommandGroup
from diary.clock import SystemClock
from diary.errors import BadRequest

if TYPE_CHECKING:
    from diary.services.accounts.account_list import AccountSummary
    from diary.services.accounts.open_invitations import OpenInvitation
    from diary.services.instance import Instance
    from diary.services.operations.operator_closing import AccountClosing

_ACCOUNT_LINE: Final = "{:<22}  {:<6}  {:>10}  {:>10}  {:>10}  {:>10}  {}"
_CONFIRMATION: Final = "close"


@click.command()
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object per line. Times are in ms, sizes in bytes."
)
def accounts(*, as_json: bool) -> None:
    """List the accounts as the database shows them: id, kind, bytes, limits, and when a closing account is erased.

    The kind is keeper, canary (the test account of `drill`) or member (an advocate of an organisation). No usernames
    are listed, because the server does not store them in a form that can be read. It does not store either when a
    keeper registered.
    """
    from diary.client.backup_canary import read_canary_login
    from diary.services.accounts.account_list import list_accounts

    settings = config.load_settings(os.environ)
    if not as_json:
        header = ("id", "kind", "files", "limit", "text", "limit", "")
        click.echo(_ACCOUNT_LINE.format(*header).rstrip())
    canary_login = read_canary_login(settings.data)
    format_row = _as_json_line if as_json else _format_account
    asyncio.run(_print_rows(settings, lambda instance: list_accounts(instance, canary_login), format_row))


@click.group(cls=CommandGroup, invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line. Times are in ms.")
@click.pass_context
def invites(context: click.Context, *, as_json: bool) -> None:
    """List the unused invitations: id, kind and expiry.

    The kind is account (for one keeper), lead or member (for an advocate of an organisation). The codes are not listed,
    because the server stores only a digest of each. The code of the day (DIARY_ENROLMENT=code) is not an invitation: it
    is not stored and cannot be revoked.
    """
    from diary.services.accounts.open_invitations import list_open

    if context.invoked_subcommand is not None:
        if as_json:
            raise click.UsageError("--json is for the list alone.")
        return
    format_row = _as_json_line if as_json else _format_invitation
    count = asyncio.run(_print_rows(config.load_settings(os.environ), list_open, format_row))
    if not count and not as_json:
        click.echo("No open invitation.")


@invites.command("revoke")
@click.argument("invitation_id", metavar="ID", help="Its id, as `invites` prints it.")
def invites_revoke(invitation_id: str) -> None:
    """Revoke an invitation, so that nobody can use it. An account that it opened is not affected."""
    from diary.app import open_instance
    from diary.services.accounts.open_invitations import revoke

    async def run_revoke() -> None:
        async with open_instance(config.load_settings(os.environ), SystemClock()) as instance:
            await revoke(instance, invitation_id)

    asyncio.run(run_revoke())
    click.echo("Revoked.")


@click.command("close-account", context_settings=ID_ARGUMENT_SETTINGS)
@click.argument(
    "account",
    required=False,
    help="The account's id, as `accounts` prints it, or its username. If it is left out, the command asks for it, so"
    " that a username is in no history of commands.",
)
@click.option("--reason", required=True, help="Why, for the operator's log: at most 500 characters, no username.")
@click.option(
    "--by", type=click.Choice(["id", "username"]), help="What ACCOUNT is, where it could be either. [default: any]"
)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def close_account(account: str | None, reason: str, by: str | None, *, yes: bool) -> None:
    """Close an account on notice. It is erased after seven days, as if its keeper had closed it.

    Until then a device of the keeper can cancel the closing through the API. The app does not show it: tell the keeper,
    if the law allows that. `accounts` shows whether the closing still stands. What is on the keeper's devices stays
    there. The account's id, the time and the reason are added to operator-actions.jsonl in the data folder. If the
    account is closing already, nothing changes.
    """
    account_text = account or click.prompt("Id or username", err=True)
    closing = asyncio.run(_close_account(config.load_settings(os.environ), account_text, by, reason, asks=not yes))
    due = _format_time(closing.due_at)
    if closing.is_new:
        click.echo(f"The account is closing. It will be erased after {due} UTC, unless its keeper cancels that.")
    else:
        click.echo(f"The account was closing already. It will be erased after {due} UTC. Nothing was changed.")


async def _close_account(
    settings: config.Settings, account_text: str, by: str | None, reason: str, *, asks: bool
) -> "AccountClosing":
    """Find the account, ask for confirmation and start the closing. Raise Abort without the confirmation."""
    from diary.app import open_instance
    from diary.ids import id_text
    from diary.services.operations import operator_closing, operator_log

    checked_reason = operator_log.check_reason(reason)
    async with open_instance(settings, SystemClock()) as instance:
        account = await operator_closing.find_account(instance, account_text, by)
        if account_text in checked_reason:
            raise BadRequest("The reason must not contain the username or the id.")
        click.echo(f"Account: {id_text(account)}")
        if asks:
            answer = click.prompt(f"Everything in it will be erased. Type {_CONFIRMATION} to go on", err=True)
            if answer.strip().lower() != _CONFIRMATION:
                raise click.Abort
        return await operator_closing.close_account(instance, account, checked_reason)


async def _print_rows(
    settings: config.Settings,
    list_rows: "Callable[[Instance], AsyncIterator[Any]]",
    format_row: Callable[[Any], str],
) -> int:
    """Print each row as soon as it is read. Return their number."""
    from diary.app import open_instance

    count = 0
    async with open_instance(settings, SystemClock()) as instance:
        async for row in list_rows(instance):
            click.echo(format_row(row))
            count += 1
    return count


def _as_json_line(row: "AccountSummary | OpenInvitation") -> str:
    """Return a row as one line of JSON."""
    return json.dumps(row.to_json(), sort_keys=True)


def _format_account(row: "AccountSummary") -> str:
    """Return one line of the list of accounts."""
    notes = []
    if row.organisation:
        notes.append(f"organisation {row.organisation}")
    if row.joined_at is not None:
        notes.append(f"joined {_format_time(row.joined_at)[:7]}")
    if row.closing_at is not None:
        notes.append(f"will be erased after {_format_time(row.closing_at)} UTC")
    usage = row.usage
    sizes = (usage[name] for name in ("used_bytes", "quota_bytes", "text_used_bytes", "text_quota_bytes"))
    return _ACCOUNT_LINE.format(row.id, row.kind, *map(_format_size, sizes), ", ".join(notes)).rstrip()


def _format_invitation(row: "OpenInvitation") -> str:
    """Return one line of the list of invitations."""
    organisation = f"  organisation {row.organisation}" if row.organisation else ""
    return f"{row.id}  {row.kind:<7}  until {_format_time(row.expires_at)} UTC{organisation}"


def _format_size(size: Any) -> str:
    """Return a size for people, like 1.5 MB."""
    scaled, units = float(size), ["B", "kB", "MB", "GB", "TB"]
    while scaled >= 999.95 and len(units) > 1:
        scaled /= 1000
        del units[0]
    return f"{scaled:.{0 if units[0] == 'B' else 1}f} {units[0]}"


def _format_time(ms: int) -> str:
    """Return a time in UTC to the minute, like 2027-05-03 14:05. A closing may be due at any minute."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%d %H:%M")
