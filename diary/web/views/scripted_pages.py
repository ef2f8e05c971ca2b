"""The pages that fetch and check a pack, their code, and the check as one file."""

from starlette.types import ASGIApp

from diary.encoding import b64
from diary.errors import NotFound
from diary.services.log import inclusion_proofs
from diary.web.request_context import Call
from diary.web.responses import HTML, Answer
from diary.web.scripted_pages import ANCHORS, anchors_json, last_certificate
from diary.web.static_files import takes_gzip

SAVED = b'attachment; filename="check-a-pack.html"'


async def page(call: Call) -> ASGIApp:
    """A page with a script, under its own policy."""
    content, policy = call.office.pages.front.pages[call.scope["path"]]
    headers = ((b"content-security-policy", policy.encode()),)
    return Answer(200, content.replace(ANCHORS, _anchors(call)), HTML, headers)


async def one_file(call: Call) -> ASGIApp:
    """The check to keep: a file that needs no network."""
    content = call.office.pages.front.one_file(call.scope["path"], _anchors(call))
    return Answer(200, content, HTML, ((b"content-disposition", SAVED),))


async def code(call: Call) -> ASGIApp:
    """A module of the two pages. No browser keeps it, like everything of the public host."""
    found = call.office.pages.front.code.get(call.scope["path_params"]["path"])
    if found is None:
        raise NotFound
    if found.packed is not None and takes_gzip(call.headers.get(b"accept-encoding", b"")):
        return Answer(200, found.packed, found.media_type, ((b"content-encoding", b"gzip"),))
    return Answer(200, found.raw, found.media_type)


def _anchors(call: Call) -> bytes:
    """The keys and roots of this instance."""
    instance = call.instance
    key = str(instance.statements[0]["instance"]) if instance.statements else None
    roots = (last_certificate(one.chain) for one in instance.authorities)
    return anchors_json(b64(instance.notary.pub), key, roots, inclusion_proofs.witnesses_told(instance))
