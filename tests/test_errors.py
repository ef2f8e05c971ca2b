"""Each failure of diary/errors.py has a status and, in the browser, the same sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from diary import errors
from diary.errors import KeptError
from diary.web.error_responses import HTTP_STATUS
from tests.test_layers import PROJECT_ROOT

BROWSER_ERRORS = PROJECT_ROOT / "static" / "src" / "core" / "errors.ts"
# Raised on a phone, in a command or at the start of a server: no response has these codes.
NEVER_ANSWERED = {errors.KdfSelfTestFailed, errors.InvalidSealedCopy, errors.BadSetting}
# The browser never sees the first, and a release that gets the second does not have this module.
CODES_WITHOUT_BROWSER_SENTENCE = {errors.BadSetting.code, errors.ClientOutdated.code}


def subclasses(parent: type[KeptError]) -> Iterator[type[KeptError]]:
    """Yield every class below one in diary/errors.py."""
    for child in parent.__subclasses__():
        if child.__module__ == errors.__name__:
            yield child
            yield from subclasses(child)


def test_every_failure_has_a_status() -> None:
    """A class without a status, and without a parent that has one, would be answered as 500."""
    without_status = {one for one in subclasses(KeptError) if not set(one.__mro__) & HTTP_STATUS.keys()}
    assert without_status == NEVER_ANSWERED


def test_the_browser_has_each_sentence() -> None:
    """core/errors.ts has the code and the default sentence of each class."""
    text = BROWSER_ERRORS.read_text(encoding="utf-8")
    sentences = dict(re.findall(r"^  (\w+):\s+'([^']*)',$", text[: text.index("});")], re.MULTILINE))
    expected = {one.code: one.default_message for one in subclasses(KeptError)}
    differing = {code for code, sentence in expected.items() if sentences.get(code) != sentence}
    assert differing == CODES_WITHOUT_BROWSER_SENTENCE
