"""Pages: rendered once, when the server starts; they hold nothing of anybody's."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from diary.config import Settings
from diary.errors import BadSetting
from diary.web.directory import read_directory
from diary.web.directory_page import DIRECTORY, DirectoryPage
from diary.web.languages import each
from diary.web.precache import Release, make_release
from diary.web.public_pages import TrainingPage, make_renderer, read_public
from diary.web.scripted_pages import Front, make_front
from diary.web.static_files import StaticFile, read_desk, read_files

# The advocate's page. Its code has an address of its own: a keeper's worker in the same browser answers for /static/ from
# what it keeps, which may be another release.
DESK: Final = "/desk"
# What a browser with WEBCAT's extension asks an enrolled host for, under /.well-known/webcat/.
WEBCAT: Final = frozenset({"bundle.json", "enrollment.json", "enrollment-prev.json", "manifest.json"})


@dataclass(frozen=True, slots=True)
class Pages:
    """Everything that is the same for everyone."""

    shell: bytes
    release: Release
    files: Mapping[str, StaticFile]
    desk: bytes
    desk_files: Mapping[str, StaticFile]
    public: Mapping[str, bytes]
    training: Mapping[str, TrainingPage]
    public_files: Mapping[str, StaticFile]
    directory: Mapping[str, DirectoryPage]
    missing: Mapping[str, bytes]
    front: Front
    manifest: bytes | None
    webcat: Mapping[str, bytes]

    @property
    def worker_tag(self) -> str:
        """The entity tag of `/sw.js`."""
        return f'"{hashlib.sha256(self.release.script).hexdigest()[:32]}"'


def render_pages(settings: Settings, static: Path, templates: Path) -> Pages:
    """All pages of this release. Raises OSError or the template's error when one cannot be made."""
    environment = make_environment(templates)
    renderer = make_renderer(environment, settings)
    services = read_directory()
    # First, since the making takes megabytes that the others then lie in, and a process gives none of them back.
    front = make_front(renderer, static, templates)
    shell = environment.get_template("shell.html").render().encode()
    return Pages(
        shell=shell,
        release=make_release(static, shell, settings.release_key),
        files=read_files(static),
        desk=environment.get_template("desk.html").render().encode(),
        desk_files=read_desk(static),
        public=renderer.all(),
        training=renderer.training(),
        public_files=read_public(static, templates),
        directory={
            words.language.at + DIRECTORY: DirectoryPage(
                services, partial(renderer.page, words, "directory.html", DIRECTORY)
            )
            for words in renderer.words
        },
        missing=each(renderer.words, lambda words: renderer.page(words, "missing.html", "")),
        front=front,
        manifest=_read_manifest(settings),
        webcat=_read_webcat(settings),
    )


def app_files(pages: Pages) -> dict[str, bytes]:
    """Everything that the app's host may run or show: address → bytes."""
    desk = {f"{DESK}/code/{path}": file.raw for path, file in {**pages.files, **pages.desk_files}.items()}
    static = {f"/static/{path}": file.raw for path, file in pages.files.items()}
    return {"/": pages.shell, "/sw.js": pages.release.script, DESK: pages.desk, **static, **desk}


def _read_webcat(settings: Settings) -> Mapping[str, bytes]:
    """The files of a WEBCAT enrolment by name, none where there is none. Raises BadSetting."""
    if settings.webcat is None:
        return {}
    try:
        found = {path.name: path.read_bytes() for path in settings.webcat.iterdir() if path.name in WEBCAT}
    except OSError:
        raise BadSetting("DIARY_WEBCAT names a folder that cannot be read.") from None
    if "enrollment.json" not in found:
        raise BadSetting("DIARY_WEBCAT names a folder without enrollment.json.")
    return found


def _read_manifest(settings: Settings) -> bytes | None:
    """The signed list that is handed out, None where there is none. Raises BadSetting."""
    try:
        return settings.release.read_bytes() if settings.release else None
    except OSError:
        raise BadSetting("DIARY_RELEASE names a file that cannot be read.") from None


def make_environment(templates: Path) -> Environment:
    """Templates whose unknown names are errors and whose values are escaped; text is marked for translation."""
    environment = Environment(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_null_translations()  # type: ignore[attr-defined] # added by the extension
    return environment
