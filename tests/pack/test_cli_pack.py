"""What `diary pack` makes of its options: number, recipient, supplement, items."""

import pytest

from diary.cli_pack import _wish
from diary.errors import BadRequest
from diary.pack.gather import make_capsule
from tests.pack.conftest import SamplePack


def test_the_options_of_the_command_become_a_wish(sample_pack: SamplePack) -> None:
    """The number after the last, the recipient, their reference; without an earlier pack a supplement is of everything."""
    journal = sample_pack.diary.journal
    plain = _wish(journal, "https://x.example", number=None, profile="school", supplement=False, items=None, their_ref="REF 9")
    assert (plain.no, plain.profile, plain.recipient_ref, plain.kind, plain.items) == (1, "school", "REF 9", "pack", None)
    assert len(plain.chosen) == 120
    later = _wish(journal, "https://x.example", number=4, profile="police", supplement=True, items=None, their_ref="")
    assert (later.no, later.kind, len(later.chosen)) == (4, "supplement", 119)


def test_items_that_no_earlier_pack_holds_are_refused(sample_pack: SamplePack) -> None:
    """By number, with a sentence; nothing is guessed."""
    journal = sample_pack.diary.journal
    wish = _wish(journal, "https://x.example", number=2, profile="police", supplement=False, items="JB/1, JB/9", their_ref="")
    assert wish.items == ("JB/1", "JB/9") and wish.chosen == ()
    with pytest.raises(BadRequest):
        make_capsule(journal.versions(), wish, journal.identity.public_keys())
