"""Hand-overs: the keeper's side on the app host, the recipient's on the public one."""

from starlette.types import ASGIApp

from diary.encoding import b64
from diary.errors import BadRequest
from diary.ids import id_text
from diary.services.sharing import handovers
from diary.services.sharing.handovers import Offered
from diary.web.request_context import PROOF_BYTES, Call
from diary.web.responses import Answer, json_answer, octets

NAME_BYTES = 16
MOST_PARTS = 1 << 20
MOST_BYTES = 1 << 50
KDF_FIELDS = 5


async def leave(call: Call) -> ASGIApp:
    """Announce a sealed pack, after the words again."""
    fields = call.fields()
    kdf = fields.mapping("kdf")
    if len(kdf) != KDF_FIELDS:
        raise BadRequest("The field kdf is not complete.")
    offered = Offered(
        diary=fields.id("diary"),
        handover=fields.id("handover"),
        name=fields.octets("name", NAME_BYTES, NAME_BYTES),
        auth=fields.octets("auth", PROOF_BYTES, PROOF_BYTES),
        kdf=kdf,
        parts=fields.integer("parts", MOST_PARTS),
        size=fields.integer("size", MOST_BYTES),
    )
    row = await handovers.leave(call.instance, call.keeper, call.proof(), offered)
    told = {"expires_at": row.expires_at, "handover": id_text(row.id), "openings_most": handovers.OPENINGS}
    return json_answer({"address": _address(call), **told}, 201)


async def list_own(call: Call) -> ASGIApp:
    """What was left, with when it was opened."""
    found = await handovers.list_for(call.instance, call.keeper)
    return json_answer({"address": _address(call), "handovers": [handovers.told(one) for one in found]})


def _address(call: Call) -> str:
    """Where the words are typed. Told to a keeper only: the app's host names the public one to nobody else."""
    return f"{call.instance.settings.public_url}/get"


async def put_part(call: Call) -> ASGIApp:
    """Store one sealed part."""
    await handovers.put_part(call.instance, call.keeper, call.id("handover"), call.number("i", MOST_PARTS), call.body)
    return Answer()


async def complete(call: Call) -> ASGIApp:
    """Declare it whole."""
    digest = call.fields().octets("digest", PROOF_BYTES, PROOF_BYTES)
    await handovers.complete(call.instance, call.keeper, call.id("handover"), digest)
    return Answer()


async def end(call: Call) -> ASGIApp:
    """End it now, after the words again."""
    await handovers.end(call.instance, call.keeper, call.proof(), call.id("handover"))
    return Answer()


async def salt(call: Call) -> ASGIApp:
    """What the five words are derived with."""
    name = call.fields().octets("name", NAME_BYTES, NAME_BYTES)
    await call.count_record(name)
    return json_answer({"kdf": await handovers.salt(call.instance, name)})


async def open_(call: Call) -> ASGIApp:
    """The proof of the words against a ticket for the parts."""
    fields = call.fields()
    name, auth = fields.octets("name", NAME_BYTES, NAME_BYTES), fields.octets("auth", PROOF_BYTES, PROOF_BYTES)
    await call.count_record(name)
    opened = await handovers.open_(call.instance, name, auth, call.network)
    return json_answer({"handover": id_text(opened.handover), "parts": opened.parts, "ticket": b64(opened.ticket)})


async def get_part(call: Call) -> ASGIApp:
    """One sealed part, for a ticket in X-Proof."""
    ticket = call.headers.get(b"x-proof", b"").decode("latin-1")
    return octets(await handovers.get_part(call.instance, ticket, call.number("i", MOST_PARTS)))
