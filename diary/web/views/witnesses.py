"""Statements of people who saw it: the keeper's side on the app host, the witness's on the public one."""

from starlette.types import ASGIApp

from diary.encoding import b64, read_frames
from diary.errors import BadRequest
from diary.ids import id_text
from diary.services.sharing import witness_statements
from diary.services.sharing.witness_statements import Asking
from diary.web.request_context import PROOF_BYTES, Call
from diary.web.responses import Answer, json_answer
from diary.web.scripted_pages import STATEMENT

NAME_BYTES = 16
ID_BYTES = 16
MOST_PARTS = 1 << 20
MOST_BYTES = 1 << 50


async def ask(call: Call) -> ASGIApp:
    """Leave what a witness is asked, after the words again."""
    fields = call.fields()
    asking = Asking(
        diary=call.id("diary"),
        witness=fields.id("witness"),
        name=fields.octets("name", NAME_BYTES, NAME_BYTES),
        sealed=fields.octets("sealed", witness_statements.ASKING_BYTES),
    )
    row = await witness_statements.ask(call.instance, call.keeper, call.proof(), asking)
    return json_answer({"expires_at": row.expires_at, "witness": id_text(row.id)}, 201)


async def list_own(call: Call) -> ASGIApp:
    """What was asked, what came, and where the words are typed; the public host is named to a keeper only."""
    taken = bool(call.query_number("taken", 1))
    found = await witness_statements.list_for(call.instance, call.keeper, call.id("diary"), taken=taken)
    return json_answer({"address": f"{call.instance.settings.public_url}{STATEMENT}", "witnesses": found})


async def take_in(call: Call) -> ASGIApp:
    """What came has become the keeper's."""
    await witness_statements.take_in(call.instance, call.keeper, call.id("diary"), call.id("witness"))
    return Answer()


async def remove(call: Call) -> ASGIApp:
    """End a code, or drop what came, after the words again."""
    await witness_statements.remove(call.instance, call.keeper, call.proof(), call.id("diary"), call.id("witness"))
    return Answer()


async def find(call: Call) -> ASGIApp:
    """What nine words give."""
    name = call.fields().octets("name", NAME_BYTES, NAME_BYTES)
    await call.count_record(name)
    found = await witness_statements.find(call.instance, name, call.network)
    told = {"sealed": b64(found.sealed), "ticket": b64(found.ticket)} if found.sealed and found.ticket else {}
    return json_answer(
        {"files_bytes": witness_statements.FILES_BYTES, "over": not told, "witness": id_text(found.witness), **told}
    )


async def declare(call: Call) -> ASGIApp:
    """Announce the files of a statement."""
    fields = call.fields()
    parts, size = fields.integer("parts", MOST_PARTS), fields.integer("size", MOST_BYTES)
    await witness_statements.declare(call.instance, _ticket(call), call.id("upload"), parts, size)
    return Answer()


async def put_part(call: Call) -> ASGIApp:
    """Store one sealed part."""
    await witness_statements.put_part(
        call.instance, _ticket(call), call.id("upload"), call.number("i", MOST_PARTS), call.body
    )
    return Answer()


async def send(call: Call) -> ASGIApp:
    """Leave the statement: frames of the envelope and, where there are files, of their upload and digest."""
    envelope, *files = read_frames(call.body, at_most=3) or [b""]
    if files and (len(files), len(files[0]), len(files[-1])) != (2, ID_BYTES, PROOF_BYTES):
        raise BadRequest("The frames do not add up.")
    upload, digest = (files[0], files[1]) if files else (None, b"")
    await witness_statements.send(call.instance, _ticket(call), envelope, upload, digest)
    return Answer()


def _ticket(call: Call) -> str:
    """What the right words gave, in X-Proof."""
    return call.headers.get(b"x-proof", b"").decode("latin-1")
