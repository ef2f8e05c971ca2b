"""Pages, rendered once when the server starts. They contain no personal data."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from diary.config import Settings
from diary.errors import BadSetting
from diary.paths import FONTS
from diary.web.directory import read_support_directory
from diary.web.directory_page import DIRECTORY_PATH, DirectoryPage
from diary.web.engine_files import EngineFile, find_engine_files
from diary.web.languages import render_each_language
from diary.web.precache import Release, make_release
from diary.web.public_pages import TrainingPage, make_renderer, read_public_files
from diary.web.scripted_pages import ScriptedPages, render_scripted_pages
from diary.web.static_files import StaticFile, read_desk_files, read_files

# The advocate's page. Its code has a path of its own: in the same browser, a keeper's service worker answers requests
# under /static/ from its cache, which can have another release.
DESK_PATH: Final = "/desk"
# Files that a browser with the WEBCAT extension requests from an enrolled host, under /.well-known/webcat/.
WEBCAT_FILE_NAMES: Final = frozenset({"bundle.json", "enrollment.json", "enrollment-prev.json", "manifest.json"})


@dataclass(frozen=True, slots=True)
class RenderedPages:
    """Pages and files that are the same for every visitor."""

    app_shell: bytes
    release: Release
    static_files: Mapping[str, StaticFile]
    engine_files: Mapping[str, EngineFile]
    desk_page: bytes
    desk_files: Mapping[str, StaticFile]
    public_pages: Mapping[str, bytes]
    training_pages: Mapping[str, TrainingPage]
    public_files: Mapping[str, StaticFile]
    directory_pages: Mapping[str, DirectoryPage]
    not_found_pages: Mapping[str, bytes]
    scripted_pages: ScriptedPages
    release_manifest: bytes | None
    webcat_files: Mapping[str, bytes]

    @property
    def service_worker_etag(self) -> str:
        """Return the entity tag of `/sw.js`."""
        return f'"{hashlib.sha256(self.release.service_worker_script).hexdigest()[:32]}"'


def render_pages(settings: Settings, static_folder: Path, template_folder: Path) -> RenderedPages:
    """Return all pages of this release. Raise OSError or the template's error if one cannot be rendered."""
    environment = make_environment(template_folder)
    renderer = make_renderer(environment, settings)
    support_directory = read_support_directory()
    # First, because rendering needs megabytes that the process does not return to the system. The others reuse them.
    scripted_pages = render_scripted_pages(renderer, static_folder, template_folder)
    app_shell = environment.get_template("shell.html").render().encode()
    return RenderedPages(
        app_shell=app_shell,
        release=make_release(static_folder, app_shell, settings.release_key),
        static_files=read_files(static_folder),
        engine_files=find_engine_files(static_folder, FONTS),
        desk_page=environment.get_template("desk.html").render().encode(),
        desk_files=read_desk_files(static_folder),
        public_pages=renderer.render_all(),
        training_pages=renderer.training_pages(),
        public_files=read_public_files(static_folder, template_folder),
        directory_pages={
            translation.language.path_prefix + DIRECTORY_PATH: DirectoryPage(
                support_directory, partial(renderer.render, translation, "directory.html", DIRECTORY_PATH)
            )
            for translation in renderer.translations
        },
        not_found_pages=render_each_language(
            renderer.translations, lambda translation: renderer.render(translation, "missing.html", "")
        ),
        scripted_pages=scripted_pages,
        release_manifest=_read_release_manifest(settings),
        webcat_files=_read_webcat_files(settings),
    )


def app_files(pages: RenderedPages) -> dict[str, bytes]:
    """Return everything that the app's host may run or show: path → bytes."""
    desk_files = {
        f"{DESK_PATH}/code/{path}": file.plain_bytes
        for path, file in {**pages.static_files, **pages.desk_files}.items()
    }
    static_files = {f"/static/{path}": file.plain_bytes for path, file in pages.static_files.items()}
    engine_files = {f"/static/{path}": file.read_plain() for path, file in pages.engine_files.items()}
    return {
        "/": pages.app_shell,
        "/sw.js": pages.release.service_worker_script,
        DESK_PATH: pages.desk_page,
        **static_files,
        **engine_files,
        **desk_files,
    }


def _read_webcat_files(settings: Settings) -> Mapping[str, bytes]:
    """Return the files of a WEBCAT enrolment by name, none if none is set. Raise BadSetting if they cannot be read."""
    if settings.webcat is None:
        return {}
    try:
        files = {path.name: path.read_bytes() for path in settings.webcat.iterdir() if path.name in WEBCAT_FILE_NAMES}
    except OSError:
        raise BadSetting("DIARY_WEBCAT names a folder that cannot be read.") from None
    if "enrollment.json" not in files:
        raise BadSetting("DIARY_WEBCAT names a folder without enrollment.json.")
    return files


def _read_release_manifest(settings: Settings) -> bytes | None:
    """Return the signed release list, or None if none is set. Raise BadSetting if it cannot be read."""
    try:
        return settings.release.read_bytes() if settings.release else None
    except OSError:
        raise BadSetting("DIARY_RELEASE names a file that cannot be read.") from None


def make_environment(template_folder: Path) -> Environment:
    """Return a template environment that escapes values, refuses unknown names and marks texts for translation."""
    environment = Environment(
        loader=FileSystemLoader(template_folder),
        undefined=StrictUndefined,
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_null_translations()  # type: ignore[attr-defined] # added by the extension
    return environment
