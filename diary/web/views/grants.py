"""A keeper lets an advocate in, sees who looked, and shuts the door. Also what advocates sent."""

from starlette.types import ASGIApp

from diary.encoding import b64, unb64
from diary.errors import BadRequest
from diary.services.sharing import grants
from diary.services.sharing.grants import NewGrant
from diary.web.request_context import Call
from diary.web.responses import Answer, json_answer

FINGERPRINT_BYTES = 12
FINGERPRINT_CHARACTERS = 16
SEALED_BYTES = 40_000
LATEST_MS = 1 << 45


async def find_advocate(call: Call) -> ASGIApp:
    """Whom nine words name."""
    text = call.scope["path_params"]["fingerprint"]
    if len(text) != FINGERPRINT_CHARACTERS:
        raise BadRequest
    return json_answer(await grants.find_advocate(call.instance, unb64(text)))


async def make(call: Call) -> ASGIApp:
    """A new grant, after the words again."""
    fields = call.fields()
    new = NewGrant(
        grant=fields.id("grant"),
        diary=call.id("diary"),
        to=fields.octets("to", FINGERPRINT_BYTES, FINGERPRINT_BYTES),
        not_after=fields.integer("not_after", LATEST_MS),
        sealed=fields.octets("sealed", SEALED_BYTES),
        kept=fields.octets("kept", SEALED_BYTES),
    )
    row = await grants.make(call.instance, call.keeper, call.proof(), new)
    call.office.events.say("let_in")
    return json_answer({"made_at": row.made_at, "not_after": row.not_after}, 201)


async def list_own(call: Call) -> ASGIApp:
    """The keeper's grants and every look."""
    return json_answer(
        {
            "grants": await grants.list_own(call.instance, call.keeper),
            "looks": await grants.looks(call.instance, call.keeper),
        }
    )


async def given(call: Call) -> ASGIApp:
    """The versions a grant has wraps for."""
    versions = await grants.given(call.instance, call.keeper, call.id("diary"), call.id("grant"))
    return json_answer({"versions": versions})


async def give(call: Call) -> ASGIApp:
    """Wraps for versions that are there already."""
    kept = await grants.give(call.instance, call.keeper, call.id("diary"), call.id("grant"), call.body)
    return json_answer({"kept": kept})


async def summarise(call: Call) -> ASGIApp:
    """What the advocate's list shows."""
    if len(call.body) > SEALED_BYTES:
        raise BadRequest
    await grants.summarise(call.instance, call.keeper, call.id("diary"), call.id("grant"), call.body)
    return Answer()


async def get_marks(call: Call) -> ASGIApp:
    """What an advocate has looked through."""
    found = await grants.get_marks(call.instance, call.keeper, call.id("diary"), call.id("grant"))
    return json_answer({"marks": b64(found) if found else None})


async def carry_marks(call: Call) -> ASGIApp:
    """What they looked through under the grant before."""
    await grants.carry_marks(call.instance, call.keeper, call.id("diary"), call.id("grant"), call.body)
    return Answer()


async def end(call: Call) -> ASGIApp:
    """End a grant now, after the words again."""
    await grants.end(call.instance, call.keeper, call.proof(), call.id("diary"), call.id("grant"))
    call.office.events.say("let_out")
    return Answer()


async def list_letters(call: Call) -> ASGIApp:
    """What waits to be taken in, and with `?taken=1` what was."""
    taken = bool(call.query_number("taken", 1))
    return json_answer(
        {"letters": await grants.list_letters(call.instance, call.keeper, call.id("diary"), taken=taken)}
    )


async def take_in(call: Call) -> ASGIApp:
    """A letter has become the keeper's."""
    await grants.take_in(call.instance, call.keeper, call.id("diary"), call.id("letter"))
    return Answer()


async def drop_letter(call: Call) -> ASGIApp:
    """A letter goes now, after the words again."""
    await grants.drop_letter(call.instance, call.keeper, call.proof(), call.id("diary"), call.id("letter"))
    return Answer()
