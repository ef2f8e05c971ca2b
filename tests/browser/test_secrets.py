"""What nobody but the keeper may read is nowhere: not on the server, not on the wire, not in a locked browser's profile."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPhone, NewProfile
from tests.browser.navigators.keeper import KEPT, Keeper
from tests.browser.pictures import png, upload
from tests.browser.serving import Served

ACCOUNT = "SENTINELACCOUNT he waited by the gate"
DETAIL = "SENTINELPLACE 9 Weir Street"
NOTE = "SENTINELNOTE not for anyone"
FILE = "SENTINELFILE-name.png"
INSIDE = "SENTINELINSIDE the file"
DRAFT = "SENTINELDRAFT half a sentence"
WORDS = "sentinelwords harbour fog lamp"
SENTINELS = [one.split("-")[0].split(" ")[0] for one in (ACCOUNT, DETAIL, NOTE, FILE, INSIDE, DRAFT, WORDS)]


def _forms(word: str) -> list[bytes]:
    """A word as it could stand in a file: plain, UTF-16, and inside base64 at any of three offsets."""
    raw = word.encode()
    inside = [base64.b64encode(b"\0" * pad + raw)[4 if pad else 0 : -4] for pad in range(3)]
    return [raw, word.encode("utf-16-le"), *(one for one in inside if len(one) > 8)]


def _found(content: bytes) -> list[str]:
    return [word for word in SENTINELS if any(form in content for form in _forms(word))]


def _sweep(folder: Path) -> list[str]:
    """Every sentinel in every file below `folder`, and in the files' names."""
    hits = []
    for path in sorted(folder.rglob("*")):
        try:
            content = path.read_bytes() if path.is_file() else b""
        except OSError:
            continue  # a socket or a lock of a running browser
        hits += [f"{word} in {path}" for word in _found(content + path.name.encode())]
    return hits


def _write_everything(keeper: Keeper) -> None:
    keeper.opens()
    keeper.starts()
    keeper.writes(ACCOUNT)
    keeper.chooses("Just now")
    keeper.tap("Save")
    keeper.chooses_words(WORDS)
    keeper.keeps_a_copy()
    keeper.reads(ACCOUNT)
    keeper.opens_card("Photos & screenshots")
    keeper.picks_files([upload(FILE, "image/png", png(says=INSIDE))])
    keeper.has_file(FILE)
    keeper.opens_card("Where")
    keeper.field("Where exactly?").fill(DETAIL)
    keeper.saves_card()
    keeper.opens_card("Private note")
    keeper.field("Only for you").fill(NOTE)
    keeper.saves_card()
    keeper.goes("Entries")
    expect(keeper.state_of(ACCOUNT)).to_have_text(KEPT)
    keeper.goes("Add")
    keeper.writes(DRAFT)
    keeper.draft_is_sealed()


def test_sentinels_are_nowhere(new_profile: NewProfile, server: Served, capfd: pytest.CaptureFixture[str]) -> None:
    """Driven through the screens: no hit on the wire, in the server's files or logs, or in the locked profile."""
    profile = new_profile()
    keeper = Keeper(profile.open().new_page(), server.app_url)
    _write_everything(keeper)
    keeper.locks()
    profile.close()
    assert [word for one in server.exchanges for word in _found(one.all_bytes())] == []
    assert _sweep(server.data) == []
    assert _found("".join(capfd.readouterr()).encode()) == []
    assert _sweep(profile.folder) == []


def test_a_crash_with_a_draft_open_leaves_no_text(new_profile: NewProfile, server: Served) -> None:
    """Killed with a draft on the screen: the profile, saved sessions included, holds none of it."""
    profile = new_profile()
    keeper = Keeper(profile.open().new_page(), server.app_url)
    _write_everything(keeper)
    profile.kill()
    assert _sweep(profile.folder) == []


def test_quick_logs_have_one_size(new_phone: NewPhone, server: Served) -> None:
    """10, 300 and 900 characters give sealed versions of one size."""
    keeper = new_phone()
    keeper.begins("He rang.")
    sizes = set()
    for length in (10, 300, 900):
        text = (f"{length}, he rang again." + " And again" * 100)[: length - 1] + "."
        before = len(server.to("/versions/", "PUT"))
        keeper.adds(text)
        keeper.goes("Entries")
        expect(keeper.state_of(text[:9])).to_have_text(KEPT)
        sizes |= {len(one.request) for one in server.to("/versions/", "PUT")[before:]}
    assert len(sizes) == 1


@pytest.mark.parametrize(
    "weaker",
    [{"m": 8192}, {"t": 0}, {"m": 47104, "t": 1, "p": 2}, {"alg": "pbkdf2"}, {"m": 1 << 20}, {"origin": "https://clone.example"}],
    ids=["memory", "passes", "lanes", "algorithm", "ceiling", "origin"],
)
def test_a_weaker_lock_is_refused_before_anything_is_sent(new_phone: NewPhone, server: Served, weaker: dict[str, Any]) -> None:
    """Parameters outside the policy, or another origin: nothing derived from the words leaves the phone."""

    def change(body: bytes) -> bytes:
        answer = json.loads(body)
        answer["kdf"] |= weaker
        return json.dumps(answer).encode()

    phone = new_phone()
    phone.opens()
    server.meddle("POST", "/v1/prelogin", change=change)
    before = len(server.to("/v1/sessions", "POST"))
    phone.asks_to_sign_in("quiet-otter-1234", "harbour fog lamp window")
    expect(phone.problem()).to_be_visible()
    assert len(server.to("/v1/sessions", "POST")) == before
