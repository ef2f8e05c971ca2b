"""Views of the pages that fetch and check a pack, their code, and the checker as one file."""

from starlette.types import ASGIApp

from diary.encoding import b64
from diary.errors import NotFound
from diary.services.log import inclusion_proofs
from diary.web.request_context import RequestContext
from diary.web.responses import HTML_MEDIA_TYPE, BytesResponse
from diary.web.scripted_pages import ANCHORS_PLACEHOLDER, root_certificate, trust_anchors_json
from diary.web.static_files import accepts_gzip

ATTACHMENT_DISPOSITION = b'attachment; filename="check-a-pack.html"'


async def scripted_page(request: RequestContext) -> ASGIApp:
    """Return a page with a script, under its own policy."""
    content, policy = request.app_context.pages.scripted_pages.pages[request.scope["path"]]
    headers = ((b"content-security-policy", policy.encode()),)
    return BytesResponse(200, content.replace(ANCHORS_PLACEHOLDER, _trust_anchors(request)), HTML_MEDIA_TYPE, headers)


async def standalone_checker(request: RequestContext) -> ASGIApp:
    """Return the checker as one file that needs no network."""
    content = request.app_context.pages.scripted_pages.standalone_file(request.scope["path"], _trust_anchors(request))
    return BytesResponse(200, content, HTML_MEDIA_TYPE, ((b"content-disposition", ATTACHMENT_DISPOSITION),))


async def code_file(request: RequestContext) -> ASGIApp:
    """Return a module of these pages. Browsers do not store it, like everything on the public host."""
    file = request.app_context.pages.scripted_pages.code_files.get(request.scope["path_params"]["path"])
    if file is None:
        raise NotFound
    if file.gzipped_bytes is not None and accepts_gzip(request.headers.get(b"accept-encoding", b"")):
        return BytesResponse(200, file.gzipped_bytes, file.media_type, ((b"content-encoding", b"gzip"),))
    return BytesResponse(200, file.plain_bytes, file.media_type)


def _trust_anchors(request: RequestContext) -> bytes:
    """Return the keys and root certificates of this instance."""
    instance = request.instance
    instance_key = str(instance.notary_key_statements[0]["instance"]) if instance.notary_key_statements else None
    roots = (root_certificate(authority.chain) for authority in instance.timestamp_authorities)
    return trust_anchors_json(
        b64(instance.notary.pub), instance_key, roots, inclusion_proofs.witnesses_payload(instance)
    )
