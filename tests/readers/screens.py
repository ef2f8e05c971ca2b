"""Pictures of the screens that ten tasks lead through, with the answers in a separate file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page

from tests.browser.navigators.translations import translations_of
from tests.browser.screen_steps import js
from tests.browser.test_desk_screens import FakeDeskHandler
from tests.browser.test_languages_screens import choose_language
from tests.browser.test_screens import FakeAppHandler, serve_fake_app
from tests.browser.test_ways_by_taps import texts_of_screens
from tests.readers.slices import photograph_in_slices
from tests.readers.tasks import TASKS, Task

PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 640},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
# High enough for a whole entry: its column scrolls by itself, so the window alone would not show the end of it.
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 1500}}
CONTEXT: dict[str, Any] = {"locale": "en-GB", "timezone_id": "Europe/London", "reduced_motion": "reduce"}
FRAME_MS = 200
# Of Help, with its list of services, more is not needed.
MOST_SLICES = 4


def photograph_tasks(browser: Browser, who: str, language: str, folder: Path, key: Path) -> None:
    """Write the tasks and a picture before each tap to `folder`, and the right taps to the file `key`.

    Args:
        who: A key of TASKS.
        language: `en`, or a translation. The tasks stay in English.

    Raises:
        LookupError: A screen does not have the tap that the table names.
    """
    folder.mkdir(parents=True, exist_ok=True)
    answers = []
    with open_tasks(browser, who, language) as page:
        for number, task in enumerate(TASKS[who], 1):
            pictures = folder / f"task-{number:02}"
            answers.append(
                {"task": task.words, "taps": walk(page, task, language, partial(_photograph, page, pictures))}
            )
    tasks = "".join(f"{number}. {task.words}\n" for number, task in enumerate(TASKS[who], 1))
    (folder / "tasks.txt").write_text(tasks, encoding="utf-8")
    key.write_text(json.dumps(answers, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


@contextmanager
def open_tasks(browser: Browser, who: str, language: str) -> Iterator[Page]:
    """Yield a page with the fake app, or the fake desk for an advocate, at the size that these people use."""
    is_desk = who == "advocate"
    with serve_fake_app(FakeDeskHandler if is_desk else FakeAppHandler) as address:
        context = browser.new_context(**CONTEXT, **(DESKTOP if is_desk else PHONE))
        page = context.new_page()
        page.goto(address, wait_until="networkidle")
        yield page
        context.close()


def walk(page: Page, task: Task, language: str, look: Callable[[int], object]) -> list[list[str]]:
    """Take the taps of a task, calling `look` before each. Return the words on each right tap. The last is not taken.

    Raises:
        LookupError: A screen does not have the tap that the table names.
    """
    js("fake.reset()")(page)
    if language != "en":
        choose_language(page, language)
    for begin in task.beginning:
        begin(page)
    taps = []
    for step, names in enumerate(task.way, 1):
        page.wait_for_timeout(FRAME_MS)
        look(step)
        controls = [_control(page, name, language) for name in names]
        found = [control for control in controls if control.count()]
        if not controls[0].count():
            raise LookupError(f"{task.words!r}, step {step}: no {names[0]!r} on this screen")
        taps.append([_words_of(control) for control in found])
        if step < len(task.way):
            controls[0].click()
    return taps


def _photograph(page: Page, task: Path, step: int) -> None:
    photograph_in_slices(page.locator("body"), task.with_name(f"{task.name}-step-{step}.png"), most=MOST_SLICES)


def _control(page: Page, name: str, language: str) -> Locator:
    """Return the control with this link, key of a text, or name of a fixture."""
    if ":" in name:
        return page.locator(f'.emergency a[href="{name}"]').first
    english = texts_of_screens().get(name)
    if english is None:
        return page.get_by_role("button", name=name).first
    texts = translations_of(language)[english] if language != "en" else {english}
    beginnings = "|".join(re.escape(text.split("{")[0]) for text in sorted(texts))
    return page.get_by_role("button", name=re.compile(f"^({beginnings})")).first


def _words_of(control: Locator) -> str:
    words: Any = control.evaluate("(element) => element.getAttribute('aria-label') ?? element.innerText")
    return str(words).strip().replace("\n", " ")
