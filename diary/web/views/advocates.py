"""An advocate's side: joining, clients, what they gave, and the organisation."""

from starlette.types import ASGIApp

from diary import constants
from diary.encoding import b64, frames
from diary.services.sharing import advocate_clients, organisations
from diary.services.sharing.organisations import Joining
from diary.web.request_context import Call
from diary.web.responses import Answer, json_answer, octets
from diary.web.views.sign_in import DIGITS_CHARACTERS, INVITE_CHARACTERS, entered, read_account, read_device

NAME_CHARACTERS = constants.ADVOCATE_NAME_LIMIT_CHARACTERS
SECRET_BYTES = constants.SECOND_STEP_SECRET_BYTES
LATEST_SEQ = 1 << 40
MOST_PARTS = 1 << 20


async def join(call: Call) -> ASGIApp:
    """An account for an advocate, signed in."""
    fields = call.fields()
    joining = Joining(
        new=read_account(fields),
        invite=fields.text("invite", INVITE_CHARACTERS),
        name=fields.text("name", NAME_CHARACTERS),
        secret=fields.octets("secret", SECRET_BYTES, SECRET_BYTES),
        digits=fields.text("digits", DIGITS_CHARACTERS),
    )
    entry, answer = await organisations.join(call.instance, joining, read_device(call, fields))
    call.office.events.say("registered")
    return entered(answer, entry, 201, at_desk=fields.flag("desk"))


async def list_clients(call: Call) -> ASGIApp:
    """Who lets this advocate in, and until when."""
    found = await advocate_clients.list_clients(call.instance, call.advocate)
    return json_answer(
        {
            "clients": found,
            "now": call.instance.clock.now_ms(),
            "you": advocate_clients.told(call.instance, call.advocate),
        }
    )


async def stands(call: Call) -> ASGIApp:
    """Until when one grant stands, and the number of the newest version it gives. Nothing is read, so it is no look."""
    return json_answer(await advocate_clients.stands(call.instance, call.advocate, call.id("grant")))


async def feed(call: Call) -> ASGIApp:
    """What one client gave, from a number on: for each version its facts, its envelopes and the grant's wraps."""
    found = await advocate_clients.page(
        call.instance, call.advocate, call.id("grant"), call.query_number("after", LATEST_SEQ)
    )
    return octets(frames(frames((one.facts, one.sealed, one.wraps)) for one in found))


async def blob_state(call: Call) -> ASGIApp:
    """How many parts a file has."""
    return json_answer(
        await advocate_clients.blob_state(call.instance, call.advocate, call.id("grant"), call.id("blob"))
    )


async def get_part(call: Call) -> ASGIApp:
    """One sealed part of a file."""
    i = call.number("i", MOST_PARTS)
    return octets(await advocate_clients.get_part(call.instance, call.advocate, call.id("grant"), call.id("blob"), i))


async def note(call: Call) -> ASGIApp:
    """What the advocate says they did."""
    packs = await advocate_clients.note(call.instance, call.advocate, call.id("grant"), call.fields().text("what", 20))
    return json_answer({"packs": packs})


async def write(call: Call) -> ASGIApp:
    """Leave a letter for a client."""
    await advocate_clients.write(call.instance, call.advocate, call.id("grant"), call.id("letter"), call.body)
    return Answer()


async def get_marks(call: Call) -> ASGIApp:
    """What the advocate has looked through."""
    found = await advocate_clients.get_marks(call.instance, call.advocate, call.id("grant"))
    return json_answer({"marks": b64(found) if found else None})


async def mark(call: Call) -> ASGIApp:
    """What they have looked through now."""
    await advocate_clients.mark(call.instance, call.advocate, call.id("grant"), call.body)
    return Answer()


async def organisation(call: Call) -> ASGIApp:
    """Numbers and colleagues, for whoever leads."""
    told = await organisations.numbers(call.instance, call.advocate)
    members = await organisations.list_members(call.instance, call.advocate)
    numbers = {"ending": told.ending, "grants": told.grants, "members": told.members, "packs": told.packs}
    return json_answer({"members": members, "name": told.name, "numbers": numbers})


async def looks(call: Call) -> ASGIApp:
    """Who looked and when, for whoever leads: of clients no more than that they are different ones."""
    return json_answer({"looks": await organisations.list_looks(call.instance, call.advocate)})


async def invite(call: Call) -> ASGIApp:
    """An invitation for a colleague, after the words again."""
    return json_answer(
        {"invite": await organisations.invite(call.instance, call.keeper, call.proof(), call.advocate)}, 201
    )


async def leave(call: Call) -> ASGIApp:
    """A colleague leaves, or the advocate themselves, after the words again."""
    await organisations.leave(call.instance, call.keeper, call.proof(), call.advocate, call.id("member"))
    return Answer()
