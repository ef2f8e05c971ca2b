"""Setup that all test servers share is done once: pages, packed files, and a migrated database.

A test's server behaves like a real one; only its setup is cached. Hundreds of tests start a server, and rendering and
migrating took longer than most of the tests.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from weakref import WeakKeyDictionary

from tortoise.apps import Apps
from tortoise.migrations.schema_generator.state_apps import StateApps
from tortoise.models import Model

import diary.app
import diary.web.pages
from diary import config
from diary.config import Settings
from diary.storage import database
from diary.storage.sqlite.connection import path_from_url
from diary.web.pages import RenderedPages
from diary.web.public_pages import training_zip_path

PLACEHOLDER_DATA_FOLDER = Path()
_render_pages = diary.web.pages.render_pages
_migrate = database.migrate
_build_queries = Apps._build_initial_querysets
build_state_queries = StateApps._build_initial_querysets
# Each model, and the database type its queries were last built for: SQLite or PostgreSQL.
_queries: WeakKeyDictionary[type[Model], type] = WeakKeyDictionary()


def cache_rendering_and_migration() -> None:
    """Cache rendering and migration in this process: pages of a release are rendered once for the same settings."""
    for name in ("make_environment", "read_files", "make_release"):
        setattr(diary.web.pages, name, cache(getattr(diary.web.pages, name)))
    vars(diary.app)["render_pages"] = _render_once
    Apps._build_initial_querysets = _build_queries_once  # type: ignore[method-assign] # replaced on purpose
    StateApps._build_initial_querysets = _list_state_columns  # type: ignore[method-assign] # replaced on purpose


def _build_queries_once(self: Apps) -> None:
    """Build the models' queries, unless they were last built for the same type of database.

    A server does this once at start, and it takes 10 ms of processor time.
    """
    kinds = {model: model._meta.db.query_class for app in self.apps.values() for model in app.values()}
    if any(_queries.get(model) is not kind for model, kind in kinds.items()):
        _build_queries(self)
        _queries.update(kinds)


def _list_state_columns(self: StateApps) -> None:
    """Finish the models of a migration's state as far as its statements need them: without filters and queries.

    The library makes both for every model after every operation, and they are a third of the cost of migrating. The
    migrations run no queries through these models; one that did would fail. test_migrations.py compares the tables.
    """
    for app in self.apps.values():
        for model in app.values():
            if model._meta.default_connection is not None and model._meta._inited:
                model._meta.finalise_fields()
                model._meta._resolve_index_expressions()


def _render_once(settings: Settings, static: Path, templates: Path) -> RenderedPages:
    """Render pages as `render_pages` does, with a cache. The data folder matters only if it has a training folder."""
    if training_zip_path(settings).exists():
        return _render_pages(settings, static, templates)
    return _rendered(
        replace(settings, data=PLACEHOLDER_DATA_FOLDER, database_url="", blob_url="", pepper=None, notary_key=None),
        static,
        templates,
    )


@cache
def _rendered(settings: Settings, static: Path, templates: Path) -> RenderedPages:
    return _render_pages(settings, static, templates)


async def migrate_from_cached_copy(settings: Settings) -> None:
    """Migrate as `database.migrate` does. A missing SQLite file is created as a copy of a migrated one."""
    path = path_from_url(settings.database_url) if settings.database_url.startswith("sqlite") else None
    if path is None or path.exists():
        await _migrate(settings)
        return
    settings.data.mkdir(parents=True, exist_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(await asyncio.to_thread(_migrated), path)


@cache
def _migrated() -> Path:
    """Return an empty database with every table, as the bytes of one file."""
    folder = Path(tempfile.mkdtemp(prefix="kept-tests-"))
    settings = config.load_settings({"DIARY_DATA": str(folder)})
    asyncio.run(_migrate(settings))
    path = path_from_url(settings.database_url)
    assert not path.with_name(path.name + "-wal").exists(), "the database is not one file"
    return path
