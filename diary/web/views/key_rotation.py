"""New keys for an account: begun with the words in use, sent bit by bit, and put in place at once."""

from starlette.types import ASGIApp

from diary.services.accounts import key_rotation
from diary.services.accounts.key_rotation import NewKeys
from diary.web.request_context import Call
from diary.web.responses import Answer, json_answer
from diary.web.views.sign_in import KEYSET_BYTES, POINT_BYTES, WRAP_BYTES, read_lock


async def begin(call: Call) -> ASGIApp:
    """Keep new keys beside the old ones."""
    await key_rotation.owned(call.instance, call.keeper, call.id("diary"))
    fields = call.fields()
    keys = NewKeys(
        lock=read_lock(fields),
        keyset=fields.octets("keyset", KEYSET_BYTES),
        ecdsa_pub=fields.octets("ecdsa_pub", POINT_BYTES, POINT_BYTES),
        hpke_pub=fields.octets("hpke_pub", POINT_BYTES, POINT_BYTES),
        diary=call.id("diary"),
        diary_wrap=fields.octets("diary_wrap", WRAP_BYTES),
        statement=fields.mapping("statement"),
    )
    return json_answer({"to": await key_rotation.begin(call.instance, call.keeper, call.proof(), keys)}, 201)


async def stage(call: Call) -> ASGIApp:
    """New wraps of some versions."""
    await key_rotation.owned(call.instance, call.keeper, call.id("diary"))
    return json_answer({"lacking": await key_rotation.stage(call.instance, call.keeper, call.id("diary"), call.body)})


async def commit(call: Call) -> ASGIApp:
    """The new keys count from now on, and every session has ended."""
    await key_rotation.owned(call.instance, call.keeper, call.id("diary"))
    await key_rotation.commit(call.instance, call.keeper, call.id("diary"), call.proof())
    call.office.events.say("keys_changed")
    return Answer()
