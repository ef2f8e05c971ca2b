"""The command line's part about who has an account: `invite` and `quota`."""

import asyncio
import os

import click

from diary import config
from diary.clock import SystemClock


@click.command()
@click.option("--days", type=click.IntRange(1, 90), default=14, show_default=True, help="How long it is good for.")
def invite(days: int) -> None:
    """Make an invitation for one account; where DIARY_ENROLMENT is code, say today's code."""
    from diary.app import open_instance
    from diary.services.enrolment import invite as make

    async def once() -> str:
        async with open_instance(config.load(os.environ), SystemClock()) as instance:
            return await make(instance, days)

    click.echo(asyncio.run(once()))


@click.command()
@click.argument("login")
@click.argument("room", metavar="BYTES|usual")
def quota(login: str, room: str) -> None:
    """Give one account its own room for files. Words have theirs apart and always fit."""
    from diary.app import open_instance
    from diary.services.enrolment import set_quota

    if room != "usual" and not (room.isdecimal() and 0 < int(room) < 1 << 50):
        raise click.BadParameter("a number of bytes, or the word usual", param_hint="BYTES|usual")

    async def once() -> None:
        async with open_instance(config.load(os.environ), SystemClock()) as instance:
            await set_quota(instance, login, None if room == "usual" else int(room))

    asyncio.run(once())
    click.echo("Done. The phone sees it at its next look.")
