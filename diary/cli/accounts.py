"""Commands for accounts: `invite`, `quota`, `organisation` and `closing`."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

import click

from diary import config
from diary.cli.command_group import CommandGroup
from diary.clock import SystemClock

if TYPE_CHECKING:
    from diary.services.instance import Instance
    from diary.services.operations.server_closing import ClosingSchedule

T = TypeVar("T")
# Four weeks: most people who open the app once a month see the announcement.
MIN_NOTICE_DAYS: Final = 28
_DAY_MS: Final = 86_400_000
LATEST_MS: Final = 4_102_444_800_000  # year 2100: a later date is a typing error

# One id in 64 begins with "-", because ids are base64url. Such an id is not an option, and "-h" in it is not a request
# for help.
ID_ARGUMENT_SETTINGS: Final = {"ignore_unknown_options": True, "help_option_names": ["--help"]}


@click.command()
@click.option(
    "--days", type=click.IntRange(1, 90), default=14, show_default=True, help="Days until the invitation expires."
)
def invite(days: int) -> None:
    """Print an invitation for one account or, if DIARY_ENROLMENT is `code`, today's code."""
    from diary.app import open_instance
    from diary.services.accounts.enrolment import create_invitation

    async def make_invitation() -> str:
        async with open_instance(config.load_settings(os.environ), SystemClock()) as instance:
            return await create_invitation(instance, days)

    click.echo(asyncio.run(make_invitation()))


@click.command()
@click.argument("login", help="The account's username.")
@click.argument("new_limit", metavar="BYTES|usual", help="The new limit; `usual` restores DIARY_QUOTA_BYTES.")
def quota(login: str, new_limit: str) -> None:
    """Set how many bytes of files one account may store. Text has a limit of its own, DIARY_TEXT_QUOTA_BYTES."""
    from diary.app import open_instance
    from diary.services.accounts.enrolment import set_quota

    if new_limit != "usual" and not (new_limit.isdecimal() and 0 < int(new_limit) < 1 << 50):
        raise click.BadParameter("must be a number of bytes, or the word usual", param_hint="BYTES|usual")

    async def apply_quota() -> None:
        async with open_instance(config.load_settings(os.environ), SystemClock()) as instance:
            await set_quota(instance, login, None if new_limit == "usual" else int(new_limit))

    asyncio.run(apply_quota())
    click.echo("Done. Phones see it at their next sync.")


@click.group(cls=CommandGroup)
def organisation() -> None:
    """Manage organisations of advocates. The lead of an organisation invites its other members in the app."""


@organisation.command("add")
@click.argument("name", help="The name that keepers see.")
def organisation_add(name: str) -> None:
    """Create an organisation and print the invitation for its lead."""
    from diary.services.sharing.organisations import create_organisation

    organisation_id, code = _run_on_instance(lambda instance: create_organisation(instance, name))
    click.echo(f"Organisation: {organisation_id}")
    click.echo(f"Invitation for its lead, valid once, for 14 days: {code}")


@organisation.command("list")
def organisation_list() -> None:
    """List every organisation: id, name, number of members and, if it has ended, when."""
    from diary.services.sharing.organisations import list_organisations

    for row in _run_on_instance(list_organisations):
        ended = f", ended {_format_day(row.ended_at)}" if row.ended_at else ""
        click.echo(f"{row.id}  {row.name}, {row.member_count} member{'s' * (row.member_count != 1)}{ended}")


@organisation.command("invite", context_settings=ID_ARGUMENT_SETTINGS)
@click.argument("organisation_id", metavar="ID", help="Its id, as `organisation list` prints it.")
def organisation_invite(organisation_id: str) -> None:
    """Print another invitation for a lead of an organisation."""
    from diary.ids import parse_id
    from diary.services.sharing.organisations import create_lead_invitation

    click.echo(_run_on_instance(lambda instance: create_lead_invitation(instance, parse_id(organisation_id))))


@organisation.command("end", context_settings=ID_ARGUMENT_SETTINGS)
@click.argument("organisation_id", metavar="ID", help="Its id, as `organisation list` prints it.")
@click.confirmation_option(prompt="Every member is signed out and can no longer see any client's diary. End it?")
def organisation_end(organisation_id: str) -> None:
    """End an organisation. Its members' sessions and grants end at once."""
    from diary.ids import parse_id
    from diary.services.sharing.organisations import end_organisation

    _run_on_instance(lambda instance: end_organisation(instance, parse_id(organisation_id)))
    click.echo("Ended.")


def _run_on_instance(operation: Callable[["Instance"], Awaitable[T]]) -> T:
    """Run `operation` on this server's instance and return its result."""
    from diary.app import open_instance

    async def run_operation() -> T:
        async with open_instance(config.load_settings(os.environ), SystemClock()) as instance:
            return await operation(instance)

    return asyncio.run(run_operation())


@click.command()
@click.argument(
    "day", metavar="DATE|never", default="", help="A date like 2027-05-03 (00:00 UTC), or `never` to cancel."
)
@click.option(
    "--off",
    "off_day",
    metavar="DATE",
    default="",
    help="The date from which every request for a diary is refused. [default: 30 days after DATE]",
)
@click.option("--at-once", is_flag=True, help=f"Allow fewer than {MIN_NOTICE_DAYS} days of notice.")
def closing(day: str, off_day: str, at_once: bool) -> None:
    """Announce that this server closes on DATE. Without an argument, print what is announced.

    Every keeper sees the announcement in the diary, with what to do. Registration ends now. From DATE the server
    accepts nothing new; what it has can still be read and moved elsewhere. From the date of --off it refuses every
    request of the app and of the advocates' page; the public pages and the log stay.
    """
    from diary.app import open_instance
    from diary.services.operations import server_closing

    now = SystemClock().now_ms()
    new_schedule = (
        None
        if day in ("", "never")
        else _parse_closing_dates(day, off_day, now - now % _DAY_MS if at_once else now + MIN_NOTICE_DAYS * _DAY_MS)
    )

    async def update_closing() -> "ClosingSchedule | None":
        async with open_instance(config.load_settings(os.environ), SystemClock()) as instance:
            if new_schedule is not None:
                await server_closing.announce_closing(instance, new_schedule)
            elif day == "never":
                await server_closing.withdraw_closing(instance)
            return await server_closing.find_closing(instance)

    announced = asyncio.run(update_closing())
    if announced is None:
        click.echo("This server stays open: no closing date is announced.")
        return
    click.echo(
        f"From {_format_day(announced.closes_at)} this server accepts nothing new, and from "
        f"{_format_day(announced.off_at)} it refuses every request for a diary."
    )
    click.echo('Keepers see the announcement at their next sync. See docs/operating.md, "Closing down".')


def _parse_closing_dates(day: str, off_day: str, earliest_ms: int) -> "ClosingSchedule":
    """Return the two dates of an announcement. Raise BadParameter if one is too early or too late."""
    from diary.services.operations.server_closing import ClosingSchedule

    closes_at_ms = _day_start_ms(day, "DATE")
    shuts_down_at_ms = _day_start_ms(off_day, "--off") if off_day else closes_at_ms + 30 * _DAY_MS
    if closes_at_ms < earliest_ms:
        raise click.BadParameter(f"must be at least {MIN_NOTICE_DAYS} days ahead, or add --at-once", param_hint="DATE")
    if shuts_down_at_ms > LATEST_MS:
        raise click.BadParameter("must be before the year 2100", param_hint="--off" if off_day else "DATE")
    if shuts_down_at_ms < closes_at_ms:
        raise click.BadParameter("must not be before the first date", param_hint="--off")
    return ClosingSchedule(closes_at_ms, shuts_down_at_ms)


def _day_start_ms(text: str, param_hint: str) -> int:
    """Return the first millisecond of a day in UTC. Raise BadParameter if `text` is not a date."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter("must be a date like 2027-05-03", param_hint=param_hint) from None
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)


def _format_day(ms: int) -> str:
    """Return a date for people, like 3 May 2027."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).strftime("%-d %B %Y")
