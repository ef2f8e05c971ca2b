"""Views of the app's own files and the public pages: the same bytes for everyone."""

import asyncio
from dataclasses import replace
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import ASGIApp

from diary.encoding import b64
from diary.errors import NotFound
from diary.web import legacy_cookies
from diary.web.engine_files import EngineFile
from diary.web.headers import COPIES_WORKER_POLICY, CSP_HEADER_NAME, PAGES_WORKER_POLICY, READER_WORKER_POLICY
from diary.web.precache import COPIES_WORKER_PATH, PAGES_WORKER_PATH, READER_WORKER_PATH, STATIC_PREFIX
from diary.web.public_pages import size_in_megabytes, training_zip_path
from diary.web.request_context import RequestContext
from diary.web.responses import HTML_MEDIA_TYPE, JSON_MEDIA_TYPE, BytesResponse
from diary.web.security_txt import render_security_txt
from diary.web.static_files import StaticFile, accepts_gzip

# File names do not change between releases, so browsers must revalidate.
REVALIDATE_HEADER: Final = (b"cache-control", b"no-cache")
JAVASCRIPT_MEDIA_TYPE: Final = b"text/javascript; charset=utf-8"
ZIP_MEDIA_TYPE: Final = b"application/zip"
TEXT_MEDIA_TYPE: Final = b"text/plain; charset=utf-8"
_WORKER_POLICIES: Final = {
    PAGES_WORKER_PATH: PAGES_WORKER_POLICY,
    COPIES_WORKER_PATH: COPIES_WORKER_POLICY,
    READER_WORKER_PATH: READER_WORKER_POLICY,
}


async def app_shell(request: RequestContext) -> ASGIApp:
    """Return the app's page."""
    return BytesResponse(200, request.app_context.pages.app_shell, HTML_MEDIA_TYPE)


async def service_worker(request: RequestContext) -> ASGIApp:
    """Return the service worker, which contains the list of this release's files.

    Only the browser of an installed app requests it, at its start and again each day. Once earlier releases no longer
    need their two cookies, this response expires them, whether or not the request has them.
    """
    etag = request.app_context.pages.service_worker_etag.encode()
    have_cookies_expired = request.instance.clock.now_ms() >= request.app_context.legacy_cookies_until_ms
    headers = (
        REVALIDATE_HEADER,
        (b"etag", etag),
        *(legacy_cookies.expire_cookie_headers() if have_cookies_expired else ()),
    )
    if request.headers.get(b"if-none-match") == etag:
        return BytesResponse(304, b"", None, headers)
    return BytesResponse(200, request.app_context.pages.release.service_worker_script, JAVASCRIPT_MEDIA_TYPE, headers)


async def release_manifest(request: RequestContext) -> ASGIApp:
    """Return the signed list of this release's files, if this server has one."""
    manifest_bytes = request.app_context.pages.release_manifest
    if manifest_bytes is None:
        raise NotFound
    return BytesResponse(200, manifest_bytes, JSON_MEDIA_TYPE, (REVALIDATE_HEADER,))


async def webcat_file(request: RequestContext) -> ASGIApp:
    """Return a file of this host's WEBCAT enrolment, if its operator published one."""
    content = request.app_context.pages.webcat_files.get(request.scope["path_params"]["name"])
    if content is None:
        raise NotFound
    return BytesResponse(200, content, JSON_MEDIA_TYPE, (REVALIDATE_HEADER,))


async def desk_page(request: RequestContext) -> ASGIApp:
    """Return the advocate's page."""
    return BytesResponse(200, request.app_context.pages.desk_page, HTML_MEDIA_TYPE)


async def static_file(request: RequestContext) -> ASGIApp:
    """Return a static file of the keeper's app."""
    pages, path = request.app_context.pages, request.scope["path_params"]["path"]
    if path in pages.engine_files:
        return _engine_response(request, pages.engine_files[path])
    return _code_response(request, path, pages.static_files.get(path))


async def desk_file(request: RequestContext) -> ASGIApp:
    """Return a static file for the advocate's page: its own, or one that it shares with the keeper's app."""
    pages, path = request.app_context.pages, request.scope["path_params"]["path"]
    return _code_response(request, path, pages.desk_files.get(path) or pages.static_files.get(path))


def _code_response(request: RequestContext, path: str, file: StaticFile | None) -> ASGIApp:
    """Return a file of the app or of the desk. Some workers have a policy of their own on either path."""
    response = _file_response(request, file)
    policy = _WORKER_POLICIES.get(STATIC_PREFIX + path)
    return replace(response, headers=(*response.headers, (CSP_HEADER_NAME, policy.encode()))) if policy else response


def _engine_response(request: RequestContext, file: EngineFile) -> ASGIApp:
    """Return a file that stays on disk, compressed as it is there.

    It is sent as `no-store`: a browser that kept it would show later that a pack was made.
    """
    is_compressed = file.is_gzipped and accepts_gzip(request.headers.get(b"accept-encoding", b""))
    headers = {
        "etag": f'"{file.digest[:32]}"',
        "vary": "accept-encoding",
        **({"content-encoding": "gzip"} if is_compressed else {}),
    }
    return StreamingResponse(file.stream(as_stored=is_compressed), headers=headers, media_type=file.media_type.decode())


def _file_response(request: RequestContext, file: StaticFile | None) -> BytesResponse:
    """Return a file, compressed if the client accepts gzip, or 304 if the client has these bytes. Raise NotFound."""
    if file is None:
        raise NotFound
    headers: tuple[tuple[bytes, bytes], ...] = (REVALIDATE_HEADER, (b"etag", file.etag), (b"vary", b"accept-encoding"))
    if request.headers.get(b"if-none-match") == file.etag:
        return BytesResponse(304, b"", None, headers)
    if file.gzipped_bytes is not None and accepts_gzip(request.headers.get(b"accept-encoding", b"")):
        return BytesResponse(200, file.gzipped_bytes, file.media_type, (*headers, (b"content-encoding", b"gzip")))
    return BytesResponse(200, file.plain_bytes, file.media_type, headers)


async def share_target(_: RequestContext) -> ASGIApp:
    """Respond with an empty body to a share that no service worker intercepted. The request body is never read."""
    return BytesResponse()


async def public_page(request: RequestContext) -> ASGIApp:
    """Return a public page, the same for everyone."""
    return BytesResponse(200, request.app_context.pages.public_pages[request.scope["path"]], HTML_MEDIA_TYPE)


async def training_page(request: RequestContext) -> ASGIApp:
    """Return the page of the training folder, with a link to it if it exists."""
    size = size_in_megabytes(training_zip_path(request.instance.settings))
    return BytesResponse(
        200, request.app_context.pages.training_pages[request.scope["path"]].page_for_size(size), HTML_MEDIA_TYPE
    )


async def directory(request: RequestContext) -> ASGIApp:
    """Return the page of help services, with those that are open now."""
    return BytesResponse(
        200,
        request.app_context.pages.directory_pages[request.scope["path"]].render_at(request.instance.clock.now_ms()),
        HTML_MEDIA_TYPE,
    )


async def public_file(request: RequestContext) -> ASGIApp:
    """Return a file that the public pages use. Browsers do not store it, so a visit leaves nothing but the history."""
    file = request.app_context.pages.public_files[request.scope["path"]]
    if file.gzipped_bytes is not None and accepts_gzip(request.headers.get(b"accept-encoding", b"")):
        return BytesResponse(200, file.gzipped_bytes, file.media_type, ((b"content-encoding", b"gzip"),))
    return BytesResponse(200, file.plain_bytes, file.media_type)


async def training_zip(request: RequestContext) -> ASGIApp:
    """Return the training folder, if it exists. It is read for each request: it is large, and requests are rare."""
    path = training_zip_path(request.instance.settings)
    if not path.is_file():
        raise NotFound
    disposition_header = (b"content-disposition", b'attachment; filename="TRAINING.zip"')
    return BytesResponse(200, await asyncio.to_thread(path.read_bytes), ZIP_MEDIA_TYPE, (disposition_header,))


async def notary_key(request: RequestContext) -> ASGIApp:
    """Return the notary's public key for people who check a pack. It must not be taken from the pack itself."""
    return BytesResponse(200, f"{b64(request.instance.notary.pub)}\n".encode(), TEXT_MEDIA_TYPE)


async def security_txt(request: RequestContext) -> ASGIApp:
    """Return security.txt. Raise NotFound if the operator gave no address."""
    raw = render_security_txt(request.instance.settings, request.instance.clock.now_ms())
    if raw is None:
        raise NotFound
    return BytesResponse(200, raw, TEXT_MEDIA_TYPE)


async def robots_txt(_: RequestContext) -> ASGIApp:
    """Return rules that keep search engines away from the app host."""
    return BytesResponse(200, b"User-agent: *\nDisallow: /\n", TEXT_MEDIA_TYPE)
