"""The public log: as plain text for whoever looks from outside, and as JSON for a keeper's device."""

from typing import Final

from starlette.types import ASGIApp

from diary.encoding import canon
from diary.services import proving
from diary.services.ending import told
from diary.web.answers import JSON, Answer, json_answer
from diary.web.call import Call
from diary.web.views.pages import PLAIN

MOST: Final = 2**40


async def state(call: Call) -> ASGIApp:
    """Where the log stands, and whether this server is to close: what a phone asks first whenever it looks."""
    closing = told(await call.office.ending.known(call.instance))
    return json_answer(await proving.state(call.instance) | {"closing": closing})


async def consistency(call: Call) -> ASGIApp:
    """What shows that one checkpoint's log begins another's."""
    return json_answer(await proving.consistency(call.instance, call.number("older", MOST), call.number("newer", MOST)))


async def proofs(call: Call) -> ASGIApp:
    """Where a diary's versions stand in the log of a checkpoint."""
    after = call.query_number("after", MOST)
    size = call.number("size", MOST)
    return json_answer(await proving.proofs(call.instance, call.keeper, call.id("diary"), size, after))


async def newest(call: Call) -> ASGIApp:
    """The newest checkpoint's note."""
    return Answer(200, await proving.newest_note(call.instance), PLAIN)


async def checkpoint(call: Call) -> ASGIApp:
    """One checkpoint's note, however old."""
    return Answer(200, await proving.note(call.instance, call.number("n", MOST)), PLAIN)


async def leaves(call: Call) -> ASGIApp:
    """A page of leaves under the newest checkpoint, one a line."""
    found = await proving.leaves(call.instance, call.number("page", MOST))
    return Answer(200, "".join(f"{leaf.hex()}\n" for leaf in found).encode(), PLAIN)


async def stamps(call: Call) -> ASGIApp:
    """A checkpoint's stamps."""
    return json_answer(await proving.stamps_of(call.instance, call.number("n", MOST)))


async def statements(call: Call) -> ASGIApp:
    """What the instance key said about notary keys, one statement a line."""
    lines = [canon(dict(one)) + b"\n" for one in call.instance.statements]
    return Answer(200, b"".join(lines), JSON if lines else PLAIN)


async def keys(call: Call) -> ASGIApp:
    """The keys to compare with what a phone or a pack shows."""
    return Answer(200, proving.keys_text(call.instance).encode(), PLAIN)
