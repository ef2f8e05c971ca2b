"""The command line's part about people's accounts: `invite`, `quota`, `organisation`, and the end of them all, `closing`."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

import click

from diary import config
from diary.clock import SystemClock

if TYPE_CHECKING:
    from diary.services.instance import Instance
    from diary.services.operations.decommission import End

T = TypeVar("T")
# Whoever opens the app once a month still hears of it in time.
NOTICE_DAYS: Final = 28
_DAY_MS: Final = 86_400_000
LATEST: Final = 4_102_444_800_000  # 2100, ms: beyond is a slip of the pen

# One id in 64 begins with "-", since ids are base64url: it is not an option, and "-h" in it asks for no help.
DASHED_IDS: Final = {"ignore_unknown_options": True, "help_option_names": ["--help"]}


@click.command()
@click.option(
    "--days", type=click.IntRange(1, 90), default=14, show_default=True, help="Days until the invitation expires."
)
def invite(days: int) -> None:
    """Print an invitation for one account or, if DIARY_ENROLMENT is `code`, today's code."""
    from diary.app import open_instance
    from diary.services.accounts.enrolment import invite as make

    async def once() -> str:
        async with open_instance(config.load(os.environ), SystemClock()) as instance:
            return await make(instance, days)

    click.echo(asyncio.run(once()))


@click.command()
@click.argument("login", help="The account's sign-in name.")
@click.argument("room", metavar="BYTES|usual", help="The new limit; `usual` goes back to DIARY_QUOTA_BYTES.")
def quota(login: str, room: str) -> None:
    """Set how many bytes of files one account may store. Text has a limit of its own, DIARY_TEXT_QUOTA_BYTES."""
    from diary.app import open_instance
    from diary.services.accounts.enrolment import set_quota

    if room != "usual" and not (room.isdecimal() and 0 < int(room) < 1 << 50):
        raise click.BadParameter("a number of bytes, or the word usual", param_hint="BYTES|usual")

    async def once() -> None:
        async with open_instance(config.load(os.environ), SystemClock()) as instance:
            await set_quota(instance, login, None if room == "usual" else int(room))

    asyncio.run(once())
    click.echo("Done. Phones see it at their next sync.")


@click.group()
def organisation() -> None:
    """Manage organisations of advocates. The lead of an organisation invites its other members in the app."""


@organisation.command("add")
@click.argument("name", help="The name that keepers see.")
def organisation_add(name: str) -> None:
    """Create an organisation and print the invitation for its lead."""
    from diary.services.sharing.organisations import begin

    made, code = _on_instance(lambda instance: begin(instance, name))
    click.echo(f"Organisation: {made}")
    click.echo(f"Invitation for its lead, valid once, for 14 days: {code}")


@organisation.command("list")
def organisation_list() -> None:
    """List every organisation: id, name, number of members and, if it has ended, when."""
    from diary.services.sharing.organisations import list_all

    for row in _on_instance(list_all):
        ended = f", ended {_day(row.ended_at)}" if row.ended_at else ""
        click.echo(f"{row.id}  {row.name}, {row.members} member{'s' * (row.members != 1)}{ended}")


@organisation.command("invite", context_settings=DASHED_IDS)
@click.argument("organisation_id", metavar="ID", help="Its id, as `organisation list` prints it.")
def organisation_invite(organisation_id: str) -> None:
    """Print another invitation for a lead of an organisation."""
    from diary.ids import parse_id
    from diary.services.sharing.organisations import invite_lead

    click.echo(_on_instance(lambda instance: invite_lead(instance, parse_id(organisation_id))))


@organisation.command("end", context_settings=DASHED_IDS)
@click.argument("organisation_id", metavar="ID", help="Its id, as `organisation list` prints it.")
@click.confirmation_option(prompt="Every member is signed out, and can see no client's diary any more. End it?")
def organisation_end(organisation_id: str) -> None:
    """End an organisation: its members' sessions and everything that keepers let them see end at once."""
    from diary.ids import parse_id
    from diary.services.sharing.organisations import end

    _on_instance(lambda instance: end(instance, parse_id(organisation_id)))
    click.echo("Ended.")


def _on_instance(act: Callable[["Instance"], Awaitable[T]]) -> T:
    """What `act` returns, on this server's own database."""
    from diary.app import open_instance

    async def once() -> T:
        async with open_instance(config.load(os.environ), SystemClock()) as instance:
            return await act(instance)

    return asyncio.run(once())


@click.command()
@click.argument(
    "day", metavar="DATE|never", default="", help="A date like 2027-05-03 (00:00 UTC), or `never` to cancel."
)
@click.option(
    "--off",
    "off_day",
    metavar="DATE",
    default="",
    help="The date from which no request is answered. [default: 30 days after DATE]",
)
@click.option("--at-once", is_flag=True, help=f"Allow fewer than {NOTICE_DAYS} days of notice.")
def closing(day: str, off_day: str, at_once: bool) -> None:
    """Announce that this server closes on DATE. Without an argument, print what is announced.

    Every keeper sees the announcement in the diary, with what to do. Registration ends now. From DATE the server accepts
    nothing new; what it has can still be read and moved elsewhere. From the second date it answers no request.
    """
    from diary.app import open_instance
    from diary.services.operations import decommission

    now = SystemClock().now_ms()
    end = (
        None
        if day in ("", "never")
        else _end(day, off_day, now - now % _DAY_MS if at_once else now + NOTICE_DAYS * _DAY_MS)
    )

    async def once() -> "End | None":
        async with open_instance(config.load(os.environ), SystemClock()) as instance:
            if end is not None:
                await decommission.announce(instance, end)
            elif day == "never":
                await decommission.take_back(instance)
            return await decommission.announced(instance)

    told = asyncio.run(once())
    if told is None:
        click.echo("This server goes on: no end is announced.")
        return
    click.echo(
        f"From {_day(told.on)} this server takes nothing new, and from {_day(told.off)} it answers nothing of a keeper's."
    )
    click.echo('Phones show it in the diary at their next sync. See docs/operating.md, "Closing down".')


def _end(day: str, off_day: str, earliest: int) -> "End":
    """The two moments of an announcement. Raises BadParameter."""
    from diary.services.operations.decommission import End

    on = _moment(day, "DATE")
    off = _moment(off_day, "--off") if off_day else on + 30 * _DAY_MS
    if on < earliest:
        raise click.BadParameter(f"that is too soon: give {NOTICE_DAYS} days, or say --at-once", param_hint="DATE")
    if off > LATEST:
        raise click.BadParameter("that is no year of ours", param_hint="DATE")
    if off < on:
        raise click.BadParameter("that is before the first date", param_hint="--off")
    return End(on, off)


def _moment(text: str, hint: str) -> int:
    """The first ms of a day, UTC. Raises BadParameter."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter("a day like 2027-05-03", param_hint=hint) from None
    return int(datetime(found.year, found.month, found.day, tzinfo=UTC).timestamp() * 1000)


def _day(ms: int) -> str:
    """A day, for people."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).strftime("%-d %B %Y")
