"""Browser contexts that tests reuse one after another, emptied in between.

A context without the app fetches and compiles it, and its service worker fetches it again: processor time for each
phone of each test. A context from the pool keeps only the app's files. Tests of the first visit, of updates and of the
service worker itself need a new context (`first_visit=True`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Page

from tests.browser import chromium

# Calls whose effect on a context cannot be undone. A context changed this way is closed, not reused.
IRREVERSIBLE_METHODS = (
    "add_init_script",
    "expose_binding",
    "expose_function",
    "on",
    "grant_permissions",
    "set_extra_http_headers",
)
STORAGE_TYPES = "cookies,indexeddb,local_storage,file_systems,shared_storage,storage_buckets"


class ContextPool:
    """The contexts of one browser, by the app's address and their options."""

    def __init__(self, browser: Browser) -> None:
        """Start with no context."""
        self._browser = browser
        self._free: dict[str, list[_PooledContext]] = defaultdict(list)
        self._used: dict[BrowserContext, _PooledContext] = {}

    def acquire(self, app_url: str, options: dict[str, Any]) -> BrowserContext:
        """Return a context without a diary. Its service worker may be installed already."""
        key = f"{app_url} {sorted(options.items(), key=str)}"
        pooled = (
            self._free[key].pop()
            if self._free[key]
            else _PooledContext(self._browser.new_context(**options), key, app_url)
        )
        self._used[pooled.context] = pooled
        return pooled.context

    def release(self, context: BrowserContext) -> None:
        """Empty a context for the next test, or close it when that is not possible."""
        pooled = self._used.pop(context)
        if pooled.empty():
            self._free[pooled.key].append(pooled)
        else:
            context.close()


class _PooledContext:
    """A context, and whether a test changed it permanently."""

    def __init__(self, context: BrowserContext, key: str, app_url: str) -> None:
        self.context = context
        self.key = key
        self.app_url = app_url
        self.is_changed = False
        context.set_default_timeout(chromium.TIMEOUT_MS)
        for name in IRREVERSIBLE_METHODS:
            setattr(context, name, self._track_call(getattr(context, name)))

    def _track_call(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def tracked(*arguments: Any, **named: Any) -> Any:
            self.is_changed = True
            return method(*arguments, **named)

        return tracked

    def empty(self) -> bool:
        """Delete everything except the app's own files. Return whether that was possible."""
        if self.is_changed:
            return False
        try:
            self._close_pages()
            page = self.context.new_page()
            if page.evaluate("'__pwClock' in globalThis"):  # a clock that a test set stays in the context
                return False
            self._clear_storage(page)
            page.close()
        except Error:
            return False  # the test closed the context, or killed its browser
        return True

    def _close_pages(self) -> None:
        for page in self.context.pages:
            page.close()
        self.context.unroute_all()
        self.context.set_offline(False)
        self.context.clear_cookies()

    def _clear_storage(self, page: Page) -> None:
        session = self.context.new_cdp_session(page)
        session.send("Storage.clearDataForOrigin", {"origin": self.app_url, "storageTypes": STORAGE_TYPES})
