"""Erasing for good and closing the account: asked for with the words, shown, taken back."""

from starlette.types import ASGIApp

from diary.services.accounts import sessions
from diary.services.sync import erasures
from diary.web.request_context import Call
from diary.web.responses import Answer, json_answer

WHY_CHARACTERS = 20


async def ask(call: Call) -> ASGIApp:
    """Have records erased in seven days; a picture of someone under 18 at once."""
    fields = call.fields()
    diary, records = call.id("diary"), fields.ids("records", erasures.MOST_RECORDS)
    why = fields.text("why", WHY_CHARACTERS)
    asked = await erasures.ask(call.instance, call.keeper, diary, records, why, call.proof())
    call.office.events.say("erased_at_once" if asked.done else "erasure_asked")
    await sessions.note_act(call.instance, call.keeper, "erasure_asked")
    return json_answer(asked.told(), 201)


async def list_pending(call: Call) -> ASGIApp:
    """What waits."""
    waiting = await erasures.list_pending(call.instance, call.keeper, call.id("diary"))
    return json_answer({"erasures": waiting})


async def take_back(call: Call) -> ASGIApp:
    """Keep what was to be erased; needs no words."""
    await erasures.take_back(call.instance, call.keeper, call.id("diary"), call.id("erasure"))
    call.office.events.say("erasure_taken_back")
    return Answer()


async def ask_closing(call: Call) -> ASGIApp:
    """Have the account closed in seven days."""
    due_at = await erasures.ask_closing(call.instance, call.keeper, call.proof())
    call.office.events.say("closing_asked")
    await sessions.note_act(call.instance, call.keeper, "closing_asked")
    return json_answer({"closing_at": due_at}, 201)


async def take_back_closing(call: Call) -> ASGIApp:
    """Keep the account; needs no words."""
    await erasures.take_back_closing(call.instance, call.keeper)
    call.office.events.say("closing_taken_back")
    return Answer()
