"""The scripts of the films in BSL quote the screens as they are."""

import re

from tests.test_layers import PROJECT_ROOT
from tests.test_terms_on_screen import app_texts

SCRIPTS = (PROJECT_ROOT / "docs" / "bsl-films.md").read_text(encoding="utf-8")


def test_every_quoted_sentence_stands_on_a_screen() -> None:
    """A changed sentence of the app changes the script, and shows that a film has to be made again."""
    quotes = [" ".join(quote.replace("> ", "").split()) for quote in re.findall(r"(?:^> .*\n)+", SCRIPTS, re.MULTILINE)]
    texts = {text for _, text in app_texts()}
    assert [quote for quote in quotes if quote not in texts] == []
    assert len(quotes) > 10
