"""The app's own files and the public pages: the same bytes for everyone."""

import asyncio
from typing import Final

from starlette.types import ASGIApp

from diary.encoding import b64
from diary.errors import NotFound
from diary.web import legacy_cookies
from diary.web.public_pages import size_in_megabytes, training_zip_path
from diary.web.request_context import RequestContext
from diary.web.responses import HTML_MEDIA_TYPE, JSON_MEDIA_TYPE, BytesResponse
from diary.web.security_txt import render_security_txt
from diary.web.static_files import StaticFile, accepts_gzip

# Files keep their names, so a browser asks each time whether it still has the right bytes.
REVALIDATE_HEADER: Final = (b"cache-control", b"no-cache")
JAVASCRIPT_MEDIA_TYPE: Final = b"text/javascript; charset=utf-8"
ZIP_MEDIA_TYPE: Final = b"application/zip"
TEXT_MEDIA_TYPE: Final = b"text/plain; charset=utf-8"


async def app_shell(request: RequestContext) -> ASGIApp:
    """The app's one page."""
    return BytesResponse(200, request.app_context.pages.app_shell, HTML_MEDIA_TYPE)


async def service_worker(request: RequestContext) -> ASGIApp:
    """The service worker, with the list of this release's files in it.

    The browser of an install, and of nobody else, asks for it, at the start and again each day: once earlier releases no
    longer need their cookies, both are expired here, in every install alike.
    """
    etag = request.app_context.pages.service_worker_etag.encode()
    are_cookies_over = request.instance.clock.now_ms() >= request.app_context.legacy_cookies_until_ms
    headers = (
        REVALIDATE_HEADER,
        (b"etag", etag),
        *(legacy_cookies.expire_cookie_headers() if are_cookies_over else ()),
    )
    if request.headers.get(b"if-none-match") == etag:
        return BytesResponse(304, b"", None, headers)
    return BytesResponse(200, request.app_context.pages.release.service_worker_script, JAVASCRIPT_MEDIA_TYPE, headers)


async def release_manifest(request: RequestContext) -> ASGIApp:
    """The signed list of this release's files, where this server has one."""
    manifest_bytes = request.app_context.pages.release_manifest
    if manifest_bytes is None:
        raise NotFound
    return BytesResponse(200, manifest_bytes, JSON_MEDIA_TYPE, (REVALIDATE_HEADER,))


async def webcat_file(request: RequestContext) -> ASGIApp:
    """A file of this host's WEBCAT enrolment, where its operator published one."""
    content = request.app_context.pages.webcat_files.get(request.scope["path_params"]["name"])
    if content is None:
        raise NotFound
    return BytesResponse(200, content, JSON_MEDIA_TYPE, (REVALIDATE_HEADER,))


async def desk_page(request: RequestContext) -> ASGIApp:
    """The advocate's one page."""
    return BytesResponse(200, request.app_context.pages.desk_page, HTML_MEDIA_TYPE)


async def static_file(request: RequestContext) -> ASGIApp:
    """A static file of the keeper's app."""
    return _file_response(request, request.app_context.pages.static_files.get(request.scope["path_params"]["path"]))


async def desk_file(request: RequestContext) -> ASGIApp:
    """A static file for the advocate's page: its own, or one of those it shares with the keeper's app."""
    pages, path = request.app_context.pages, request.scope["path_params"]["path"]
    return _file_response(request, pages.desk_files.get(path) or pages.static_files.get(path))


def _file_response(request: RequestContext, file: StaticFile | None) -> ASGIApp:
    """A file, packed where the browser takes that; nothing new when it already has these bytes. Raises NotFound."""
    if file is None:
        raise NotFound
    headers: tuple[tuple[bytes, bytes], ...] = (REVALIDATE_HEADER, (b"etag", file.etag), (b"vary", b"accept-encoding"))
    if request.headers.get(b"if-none-match") == file.etag:
        return BytesResponse(304, b"", None, headers)
    if file.gzipped_bytes is not None and accepts_gzip(request.headers.get(b"accept-encoding", b"")):
        return BytesResponse(200, file.gzipped_bytes, file.media_type, (*headers, (b"content-encoding", b"gzip")))
    return BytesResponse(200, file.plain_bytes, file.media_type, headers)


async def share_target(_: RequestContext) -> ASGIApp:
    """What a phone shares goes to its worker and never here; where no worker took it, its body is not even read."""
    return BytesResponse()


async def public_page(request: RequestContext) -> ASGIApp:
    """A page for anyone: the same words for everyone."""
    return BytesResponse(200, request.app_context.pages.public_pages[request.scope["path"]], HTML_MEDIA_TYPE)


async def training_page(request: RequestContext) -> ASGIApp:
    """The page that hands the training folder out, or says that it is not there yet."""
    size = size_in_megabytes(training_zip_path(request.instance.settings))
    return BytesResponse(
        200, request.app_context.pages.training_pages[request.scope["path"]].page_for_size(size), HTML_MEDIA_TYPE
    )


async def directory(request: RequestContext) -> ASGIApp:
    """Whom one can talk to, and who is open now."""
    return BytesResponse(
        200,
        request.app_context.pages.directory_pages[request.scope["path"]].render_at(request.instance.clock.now_ms()),
        HTML_MEDIA_TYPE,
    )


async def public_file(request: RequestContext) -> ASGIApp:
    """What the public pages bring along. No browser keeps it: after a visit there is nothing but the history."""
    file = request.app_context.pages.public_files[request.scope["path"]]
    if file.gzipped_bytes is not None and accepts_gzip(request.headers.get(b"accept-encoding", b"")):
        return BytesResponse(200, file.gzipped_bytes, file.media_type, ((b"content-encoding", b"gzip"),))
    return BytesResponse(200, file.plain_bytes, file.media_type)


async def training_zip(request: RequestContext) -> ASGIApp:
    """The training folder, when it has been made. It is read for each who asks: few do, and it is large."""
    path = training_zip_path(request.instance.settings)
    if not path.is_file():
        raise NotFound
    disposition_header = (b"content-disposition", b'attachment; filename="TRAINING.zip"')
    return BytesResponse(200, await asyncio.to_thread(path.read_bytes), ZIP_MEDIA_TYPE, (disposition_header,))


async def notary_key(request: RequestContext) -> ASGIApp:
    """The notary's public key, for whoever checks a pack; it must not be taken from the pack itself."""
    return BytesResponse(200, f"{b64(request.instance.notary.pub)}\n".encode(), TEXT_MEDIA_TYPE)


async def security_txt(request: RequestContext) -> ASGIApp:
    """Return where to report a vulnerability. Raises NotFound when the operator gave no address."""
    raw = render_security_txt(request.instance.settings, request.instance.clock.now_ms())
    if raw is None:
        raise NotFound
    return BytesResponse(200, raw, TEXT_MEDIA_TYPE)


async def robots_txt(_: RequestContext) -> ASGIApp:
    """Nothing of the app's host belongs in a search engine."""
    return BytesResponse(200, b"User-agent: *\nDisallow: /\n", TEXT_MEDIA_TYPE)
