"""The public log: as plain text for whoever looks from outside, and as JSON for a keeper's device."""

import re
from typing import Final

from starlette.types import ASGIApp

from diary.encoding import canon
from diary.errors import NotFound
from diary.services.log import inclusion_proofs
from diary.services.operations.decommission import told
from diary.web.request_context import Call
from diary.web.responses import JSON, OCTETS, Answer, json_answer
from diary.web.views.pages import PLAIN

MOST: Final = 2**40
# {level}/{n}[.p/{width}]: n in groups of three digits, all but the last after an x.
_TILE: Final = re.compile(
    r"(?P<level>[0-9]|[1-5][0-9]|6[0-3])/(?P<n>(?!x000/)(?:x[0-9]{3}/){0,4}[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?"
)


async def state(call: Call) -> ASGIApp:
    """Where the log stands, whether this server is to close, and its file limit: what a phone asks first whenever it looks."""
    closing = told(await call.office.ending.known(call.instance))
    told_too = {"closing": closing, "file_bytes": call.instance.settings.file_bytes}
    return json_answer(await inclusion_proofs.state(call.instance) | told_too)


async def consistency(call: Call) -> ASGIApp:
    """What shows that one checkpoint's log begins another's."""
    return json_answer(
        await inclusion_proofs.consistency(call.instance, call.number("older", MOST), call.number("newer", MOST))
    )


async def proofs(call: Call) -> ASGIApp:
    """Where a diary's versions stand in the log of a checkpoint."""
    after = call.query_number("after", MOST)
    size = call.number("size", MOST)
    return json_answer(await inclusion_proofs.proofs(call.instance, call.keeper, call.id("diary"), size, after))


async def newest(call: Call) -> ASGIApp:
    """The newest checkpoint's note."""
    return Answer(200, await inclusion_proofs.newest_note(call.instance), PLAIN)


async def checkpoint(call: Call) -> ASGIApp:
    """One checkpoint's note, however old."""
    return Answer(200, await inclusion_proofs.note(call.instance, call.number("n", MOST)), PLAIN)


async def newest_witnessed(call: Call) -> ASGIApp:
    """The newest checkpoint that a witness cosigned, with those lines."""
    return Answer(200, await inclusion_proofs.newest_witnessed(call.instance), PLAIN)


async def witnessed(call: Call) -> ASGIApp:
    """One checkpoint's note with the lines of the witnesses that cosigned it."""
    return Answer(200, await inclusion_proofs.witnessed(call.instance, call.number("n", MOST)), PLAIN)


async def witnesses(call: Call) -> ASGIApp:
    """The keys of the witnesses that this server asks, one a line."""
    return Answer(200, inclusion_proofs.witnesses_text(call.instance).encode(), PLAIN)


async def tile(call: Call) -> ASGIApp:
    """A tile of hashes, as C2SP tlog-tiles addresses it. Entry bundles are not served: they would tell when each version came."""
    found = _TILE.fullmatch(call.scope["path_params"]["path"])
    if not found:
        raise NotFound
    n = int("".join(part.removeprefix("x") for part in found["n"].split("/")))
    width = int(found["width"]) if found["width"] else None
    return Answer(200, await inclusion_proofs.tile(call.instance, int(found["level"]), n, width), OCTETS)


async def leaves(call: Call) -> ASGIApp:
    """A page of leaves under the newest checkpoint, one a line."""
    found = await inclusion_proofs.leaves(call.instance, call.number("page", MOST))
    return Answer(200, "".join(f"{leaf.hex()}\n" for leaf in found).encode(), PLAIN)


async def stamps(call: Call) -> ASGIApp:
    """A checkpoint's stamps."""
    return json_answer(await inclusion_proofs.stamps_of(call.instance, call.number("n", MOST)))


async def statements(call: Call) -> ASGIApp:
    """What the instance key said about notary keys, one statement a line."""
    lines = [canon(dict(one)) + b"\n" for one in call.instance.statements]
    return Answer(200, b"".join(lines), JSON if lines else PLAIN)


async def keys(call: Call) -> ASGIApp:
    """The keys to compare with what a phone or a pack shows."""
    return Answer(200, inclusion_proofs.keys_text(call.instance).encode(), PLAIN)
