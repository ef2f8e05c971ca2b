"""The app's own files and the public pages: the same bytes for everyone."""

import asyncio
from typing import Final

from starlette.types import ASGIApp

from diary.encoding import b64
from diary.errors import NotFound
from diary.web import legacy_cookies
from diary.web.public_pages import size_of, training_file
from diary.web.request_context import Call
from diary.web.responses import HTML, JSON, Answer
from diary.web.static_files import StaticFile, takes_gzip

# Files keep their names, so a browser asks each time whether it still has the right bytes.
ASK_AGAIN: Final = (b"cache-control", b"no-cache")
SCRIPT: Final = b"text/javascript; charset=utf-8"
ZIP: Final = b"application/zip"
PLAIN: Final = b"text/plain; charset=utf-8"


async def shell(call: Call) -> ASGIApp:
    """The app's one page."""
    return Answer(200, call.office.pages.shell, HTML)


async def worker(call: Call) -> ASGIApp:
    """The service worker, with the list of this release's files in it.

    The browser of an install, and of nobody else, asks for it, at the start and again each day: once earlier releases no
    longer need their cookies, both are expired here, in every install alike.
    """
    tag = call.office.pages.worker_tag.encode()
    is_over = call.instance.clock.now_ms() >= call.office.cookies_until
    headers = (ASK_AGAIN, (b"etag", tag), *(legacy_cookies.expired() if is_over else ()))
    if call.headers.get(b"if-none-match") == tag:
        return Answer(304, b"", None, headers)
    return Answer(200, call.office.pages.release.script, SCRIPT, headers)


async def manifest(call: Call) -> ASGIApp:
    """The signed list of this release's files, where this server has one."""
    found = call.office.pages.manifest
    if found is None:
        raise NotFound
    return Answer(200, found, JSON, (ASK_AGAIN,))


async def webcat(call: Call) -> ASGIApp:
    """A file of this host's WEBCAT enrolment, where its operator published one."""
    found = call.office.pages.webcat.get(call.scope["path_params"]["name"])
    if found is None:
        raise NotFound
    return Answer(200, found, JSON, (ASK_AGAIN,))


async def desk(call: Call) -> ASGIApp:
    """The advocate's one page."""
    return Answer(200, call.office.pages.desk, HTML)


async def static(call: Call) -> ASGIApp:
    """A static file of the keeper's app."""
    return _file(call, call.office.pages.files.get(call.scope["path_params"]["path"]))


async def desk_code(call: Call) -> ASGIApp:
    """A static file for the advocate's page: its own, or one of those it shares with the keeper's app."""
    pages, path = call.office.pages, call.scope["path_params"]["path"]
    return _file(call, pages.desk_files.get(path) or pages.files.get(path))


def _file(call: Call, found: StaticFile | None) -> ASGIApp:
    """A file, packed where the browser takes that; nothing new when it already has these bytes. Raises NotFound."""
    if found is None:
        raise NotFound
    headers: tuple[tuple[bytes, bytes], ...] = (ASK_AGAIN, (b"etag", found.tag), (b"vary", b"accept-encoding"))
    if call.headers.get(b"if-none-match") == found.tag:
        return Answer(304, b"", None, headers)
    if found.packed is not None and takes_gzip(call.headers.get(b"accept-encoding", b"")):
        return Answer(200, found.packed, found.media_type, (*headers, (b"content-encoding", b"gzip")))
    return Answer(200, found.raw, found.media_type, headers)


async def shared(_: Call) -> ASGIApp:
    """What a phone shares goes to its worker and never here; where no worker took it, its body is not even read."""
    return Answer()


async def public(call: Call) -> ASGIApp:
    """A page for anyone: the same words for everyone."""
    return Answer(200, call.office.pages.public[call.scope["path"]], HTML)


async def training_page(call: Call) -> ASGIApp:
    """The page that hands the training folder out, or says that it is not there yet."""
    size = size_of(training_file(call.instance.settings))
    return Answer(200, call.office.pages.training[call.scope["path"]].at(size), HTML)


async def directory(call: Call) -> ASGIApp:
    """Whom one can talk to, and who is open now."""
    return Answer(200, call.office.pages.directory[call.scope["path"]].at(call.instance.clock.now_ms()), HTML)


async def public_file(call: Call) -> ASGIApp:
    """What the public pages bring along. No browser keeps it: after a visit there is nothing but the history."""
    found = call.office.pages.public_files[call.scope["path"]]
    if found.packed is not None and takes_gzip(call.headers.get(b"accept-encoding", b"")):
        return Answer(200, found.packed, found.media_type, ((b"content-encoding", b"gzip"),))
    return Answer(200, found.raw, found.media_type)


async def training(call: Call) -> ASGIApp:
    """The training folder, when it has been made. It is read for each who asks: few do, and it is large."""
    path = training_file(call.instance.settings)
    if not path.is_file():
        raise NotFound
    named = (b"content-disposition", b'attachment; filename="TRAINING.zip"')
    return Answer(200, await asyncio.to_thread(path.read_bytes), ZIP, (named,))


async def notary(call: Call) -> ASGIApp:
    """The notary's public key, for whoever checks a pack; it must not be taken from the pack itself."""
    return Answer(200, f"{b64(call.instance.notary.pub)}\n".encode(), PLAIN)


async def robots(_: Call) -> ASGIApp:
    """Nothing of the app's host belongs in a search engine."""
    return Answer(200, b"User-agent: *\nDisallow: /\n", PLAIN)
