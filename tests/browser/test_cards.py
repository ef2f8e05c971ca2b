"""One entry told with every card, offline, added to, amended, taken out and put back; then read on a second device."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import NewPhone
from tests.browser.navigators import cards
from tests.browser.navigators.judge import faults
from tests.browser.navigators.keeper import Keeper
from tests.browser.navigators.sharing import makes_a_pack

TEXT = "He waited by the side door again."

# Card, then what is done in it: (how, question, answers…).
TOLD: tuple[tuple[str, tuple[tuple[Any, ...], ...]], ...] = (
    ("What kind", (("tick", "Often chosen", "Came to my home", "Phone calls"),)),
    (
        "How it reached you",
        (
            ("tick", "How it reached you", "In person"),
            ("type", "From which account or number", "@quiet.walks.88"),
            ("add", "Accounts and numbers", "Add an account", "07700 900142"),
            ("type", "How many?", "43"),
            ("check", "About that many"),
        ),
    ),
    (
        "Who",
        (
            ("type", "Who did it?", "My ex"),
            ("add", "People you have listed", "Add a person", "Callum"),
            ("tick", "How do you know it was them?", "I saw them"),
            ("type", "More about how you know", "Under the lamp."),
            ("tick", "Did they do it themselves?", "Someone did it for them"),
            ("type", "Who did it for them", "His cousin Lee"),
            ("add", "Who was it aimed at?", "Add a person", "My mum"),
            ("type", "Who it was aimed at, in your own words", "Mum and me"),
        ),
    ),
    (
        "Where",
        (
            ("tick", "What sort of place?", "At home"),
            ("type", "Where exactly?", "Rowan House, side door"),
        ),
    ),
    (
        "How it affected you",
        (
            ("type", "In your own words", "I could not sleep."),
            ("tick", "How did you feel then?", "Scared"),
            ("tick", "Were you afraid they would be violent?", "Yes"),
            ("type", "More about that, if you want", "He had his fists up."),
        ),
    ),
    (
        "Who saw or was told",
        (
            ("add", "Who saw or heard it?", "Add a person", "Priya"),
            ("type", "Who saw it, in your own words", "The woman from number 4"),
            ("type", "Who", "My sister"),
            ("type", "When", "The same night"),
            ("type", "How", "I rang her"),
            ("type", "How were you then?", "Crying"),
            ("add", "Who was there?", "Add a person", "Sam"),
            ("type", "Who was there, in your own words", "Two neighbours"),
            ("tick", "Were children there?", "Yes"),
            ("type", "How old were they?", "5 and 8"),
            ("type", "The children’s names", "Ana and Jo"),
        ),
    ),
    (
        "Anything that may be on camera",
        (
            ("tick", "What is it?", "CCTV"),
            ("type", "Who has it?", "The shop on the corner"),
            ("type", "Likely to be wiped on", "2026-12-20"),
            ("type", "Asked for on", "2026-11-24"),
            ("type", "What they said", "They will look"),
            ("type", "Is anything missing?", "I deleted the first text."),
        ),
    ),
    (
        "Reported?",
        (
            ("add", "Reports you have listed", "Add a report", "Police, front desk"),
            ("type", "Who did you report it to?", "PC Hall"),
            ("type", "Their number for it", "R-88"),
            ("type", "When", "2026-11-23"),
            ("type", "What they did", "Took it down"),
        ),
    ),
    ("Private note", (("type", "Only for you", "Do not tell Mum yet."),)),
    (
        "The exact words",
        (
            ("type", "The exact words", "I know where you sleep"),
            ("type", "Who said it?", "Callum"),
            ("tick", "How was it said?", "In person"),
        ),
    ),
    (
        "More about the time",
        (
            ("tick", "How do you know the time?", "From memory"),
            ("tick", "When did you find out?", "Yesterday"),
            ("tick", "When did you write this?", "Copied from something I wrote before"),
            ("type", "Why are you writing it later?", "I was in hospital."),
            ("type", "What did you copy it from?", "Paper diary, red cover, at work"),
        ),
    ),
    (
        "What you did",
        (
            ("tick", "What did you do?", "Blocked them"),
            ("type", "What you did, in your own words", "Then I locked the door."),
            ("tick", "Did you contact them around then?", "Yes, in reply"),
            ("type", "More about that, if you want", "I said stop."),
            ("type", "Is there a reason you have to be in touch?", "Handing over the children"),
        ),
    ),
    (
        "Hurt, damage, objects",
        (
            ("tick", "Were you hurt?", "Yes"),
            ("type", "Where and how you were hurt", "A bruise on my arm"),
            ("type", "What was damaged, taken or moved?", "The gate"),
            ("type", "What it cost, or will cost, in pounds", "94.50"),
            ("type", "Did they have or use an object?", "A key, along the door"),
        ),
    ),
    (
        "What they and their car looked like",
        (
            ("type", "What did they look like?", "Grey hood, limping"),
            ("type", "Make", "Ford"),
            ("type", "Model", "Focus"),
            ("type", "Colour", "silver"),
            ("type", "Number plate", "AB12 CDE"),
            ("add", "Vehicles you have listed", "Add a vehicle", "silver hatchback"),
        ),
    ),
    (
        "Because of who you are",
        (
            ("tick", "Do you think it was because of who you are?", "Being a woman or a man"),
            ("type", "More about that, if you want", "What he shouted."),
        ),
    ),
    (
        "Another language",
        (
            ("type", "Which language is it in?", "Polish"),
            ("type", "In English", "He waited again."),
            ("type", "Who put it into English?", "My sister"),
            ("type", "When", "2026-11-24"),
        ),
    ),
    (
        "About this entry",
        (
            ("tick", "Does it need care before reading?", "Violence"),
            ("check", "This entry may go into a pack"),
            ("tick", "Did someone help you write this?", "Someone typed my words for me"),
            ("type", "How they helped", "She typed, I spoke."),
            ("type", "Who helped?", "My sister"),
            ("add", "Part of", "Add a group of entries", "The side door"),
        ),
    ),
)


def _tells(keeper: Keeper, title: str, steps: tuple[tuple[Any, ...], ...]) -> None:
    """Answer everything of one card and save it."""
    body = cards.opens(keeper, title)
    for how, question, *answers in steps:
        cards.more(keeper, body)
        if how == "type":
            cards.types(body, question, answers[0])
        elif how == "tick":
            cards.ticks(body, question, *answers)
        elif how == "check":
            body.get_by_label(question, exact=True).click()
        else:
            cards.adds_record(keeper, body, question, answers[0], answers[1])
    cards.saves(keeper)


def _tells_all(keeper: Keeper) -> None:
    for title, steps in TOLD:
        _tells(keeper, title, steps)


SAID: dict[str, str] = {
    "What kind": "Phone calls",
    "From which account or number": "@quiet.walks.88",
    "Accounts and numbers": "07700 900142",
    "Who did it?": "My ex",
    "People you have listed": "Callum",
    "More about how you know": "Under the lamp.",
    "Who did it for them": "His cousin Lee",
    "Who was it aimed at?": "My mum",
    "Where exactly?": "Rowan House, side door",
    "How it affected you, in your own words": "I could not sleep.",
    "Were you afraid they would be violent?": "Yes",
    "Who saw or heard it?": "Priya",
    "Who did you tell?": "My sister, The same night, I rang her, Crying",
    "Who was there?": "Sam",
    "Were children there?": "Yes",
    "The children’s names": "Ana and Jo",
    "What may have recorded it?": "The shop on the corner",
    "Is anything missing?": "I deleted the first text.",
    "Reports you have listed": "Police, front desk",
    "Reported to the app or site": "R-88",
    "Words that were used": "I know where you sleep, Callum, In person",
    "Why are you writing it later?": "I was in hospital.",
    "Is there a reason you have to be in touch?": "Handing over the children",
    "What it cost, or will cost, in pounds": "£94.50",
    "The car, bike or van": "Ford, Focus, silver, AB12 CDE",
    "Which language is it in?": "Polish",
    "In English": "He waited again., My sister, 24 Nov 2026",
    "Part of": "The side door",
    "This entry may go into a pack": "Not to go into a pack",
    "Private note": "Do not tell Mum yet.",
}


def _says_all(keeper: Keeper) -> None:
    """Everything that was told stands among the facts."""
    for title, text in SAID.items():
        expect(cards.fact(keeper, title).first, title).to_contain_text(text)


def _later(keeper: Keeper) -> None:
    """Eleven minutes pass: what was said is settled."""
    keeper.page.clock.set_fixed_time(keeper.page.evaluate("Date.now()") / 1000 + 11 * 60)


# Every field of the entry as 12_record.json must hold it; links are ids, and are looked up.
EXACT: dict[str, object] = {
    "narrative": TEXT,
    "behaviours": ["turn_up_home", "calls"],
    "channel": "in_person",
    "channel_account": "@quiet.walks.88",
    "count": 47,
    "count_is_estimate": True,
    "who": "My ex",
    "attribution_basis": ["saw_them"],
    "attribution_basis_text": "Under the lamp.",
    "carried_out_by": "someone_for_them",
    "carried_out_by_names": "His cousin Lee",
    "targeted_text": "Mum and me",
    "place_category": "home",
    "place_detail": "Rowan House, side door",
    "feelings_then_text": "I could not sleep.",
    "feelings_then": ["scared"],
    "feared_violence": "yes",
    "feared_violence_text": "He had his fists up.",
    "witness_names": "The woman from number 4",
    "told_others": [{"who": "My sister", "when": "The same night", "how": "I rang her", "state": "Crying"}],
    "present_names": "Two neighbours",
    "children_present": True,
    "children_ages": "5 and 8",
    "children_names": "Ana and Jo",
    "independent_evidence": [
        {
            "kind": "cctv",
            "holder": "The shop on the corner",
            "overwrite_due": "2026-12-20",
            "requested_at": "2026-11-24",
            "outcome": "They will look",
        }
    ],
    "missing_evidence": "I deleted the first text.",
    "reported_text": "PC Hall",
    "platform_report": {"ref": "R-88", "at": "2026-11-23", "outcome": "Took it down"},
    "exact_words": [{"words": "I know where you sleep", "speaker": "Callum", "medium": "in_person"}],
    "time_source": "memory",
    "entry_kind": "copied_from_other_record",
    "late_reason": "I was in hospital.",
    "source_record": "Paper diary, red cover, at work",
    "response": ["blocked"],
    "response_text": "Then I locked the door. And the gate.",
    "i_contacted_them": "yes_in_reply",
    "i_contacted_them_text": "I said stop.",
    "lawful_contact_context": "Handing over the children",
    "physical_injury": True,
    "physical_injury_text": "A bruise on my arm",
    "property_effect": "The gate",
    "property_value_pence": 9450,
    "weapon_or_object": "A key, along the door",
    "description_actor": "Grey hood, limping",
    "vehicle": {"make": "Ford", "model": "Focus", "colour": "silver", "reg": "AB12 CDE"},
    "hostility": ["sex"],
    "hostility_text": "What he shouted.",
    "language": "Polish",
    "translation": {"text": "He waited again.", "by": "My sister", "at": "2026-11-24"},
    "content_warning": "violence",
    "help_given": "typed_for_me",
    "help_given_text": "She typed, I spoke.",
    "helped_by": "My sister",
}
LINKED = {
    "account_ids": ("account", "number", ["07700 900142"]),
    "actor_ids": ("person", "name", ["Callum"]),
    "targeted_person_ids": ("person", "name", ["My mum"]),
    "witness_ids": ("person", "name", ["Priya"]),
    "present_ids": ("person", "name", ["Sam"]),
    "report_ids": ("report", "to_text", ["Police, front desk"]),
    "vehicle_ids": ("vehicle", "description", ["silver hatchback"]),
    "case_ids": ("case", "title", ["The side door"]),
}


def _holds_every_field(pack: Path) -> None:
    """12_record.json of the restricted part has what every card said; of the private note nothing is anywhere."""
    with zipfile.ZipFile(pack) as held:
        body = {name.split("/data/")[-1]: held.read(name) for name in held.namelist()}
    record = json.loads(body["restricted/12_record.json"])
    versions = [one for one in record["versions"] if one["kind"] == "incident" and one["fields"].get("narrative") == TEXT]
    newest = versions[-1]
    said = {**newest["fields"], **(newest.get("restricted") or {})}
    assert {name: said.get(name) for name in EXACT} == EXACT
    for name, (kind, field, expected) in LINKED.items():
        known = {one["record"]: one["fields"].get(field) for one in record["versions"] if one["kind"] == kind}
        assert [known[one] for one in said[name]] == expected, name
    assert said["discovered_at"]["precision"] == "day"
    assert not any(b"Do not tell Mum yet" in file for file in body.values())
    assert not any(one["kind"] == "note" for one in record["versions"])


def _adds_and_amends(phone: Keeper) -> None:
    """What only adds asks nothing; what changes earlier words asks why."""
    _later(phone)
    body = cards.opens(phone, "What you did")
    cards.types(body, "What you did, in your own words", "Then I locked the door. And the gate.")
    cards.saves(phone)
    expect(phone.page.locator("dialog")).to_have_count(0)  # it only adds: nobody is asked why
    body = cards.opens(phone, "How it reached you")
    cards.types(body, "How many?", "forty")
    phone.tap("Save this card")
    phone.sees("Type a whole number, for example 43.")
    cards.types(body, "How many?", "47")
    phone.tap("Save this card")
    cards.gives_reason(phone, "I counted again.")
    expect(cards.fact(phone, "How many?").first).to_have_text("about 47")


def _takes_out_and_puts_back(phone: Keeper) -> None:
    """Out of the list, into the list of what is out, and back."""
    phone.tap("Take out or erase")
    phone.tap("Take it out")
    phone.sees(re.compile("This entry was taken out on"))
    phone.goes("Entries")
    expect(phone.page.locator(".item")).to_have_count(1)
    phone.goes("More")
    phone.tap("Taken out")
    phone.tap("Put it back")
    phone.sees("Nothing has been taken out.")


def _has_its_history(other: Keeper) -> None:
    """Every step stands there, in words."""
    other.tap("Everything you saved, with dates")
    history = other.page.locator(".history")
    for words in ("Added", "Changed", "Reason: I counted again.", "Before: 43", "Now: 47", "And the gate."):
        expect(history).to_contain_text(words)
    expect(history).to_contain_text("Taken out")
    expect(history).to_contain_text("Put back")
    assert faults(other.page) == []


def _says_which_pack(other: Keeper) -> None:
    """Before it is taken out, the screen says that it has gone into a pack."""
    other.goes("Entries")
    other.row(TEXT).get_by_role("button").click()
    other.tap("Take out or erase")
    expect(other.page.get_by_role("dialog")).to_contain_text("Pack 1, made")
    expect(other.page.get_by_role("dialog")).to_contain_text("Removing it could harm the case. Ask them first.")
    assert faults(other.page) == []


def test_one_entry_with_every_card_on_two_devices(new_phone: NewPhone, tmp_path: Path) -> None:
    """Told offline with every card, added to, amended, taken out and put back; a second device and a pack have all of it."""
    phone, other = new_phone(), new_phone(accept_downloads=True)
    phone.begins("Something first.")
    phone.is_offline_ready()
    phone.page.context.set_offline(True)
    phone.adds(TEXT)
    _tells_all(phone)
    phone.tap("See this entry")
    _says_all(phone)
    _adds_and_amends(phone)
    _takes_out_and_puts_back(phone)
    phone.page.context.set_offline(False)
    phone.locks()
    phone.unlocks()
    phone.is_kept_safe(TEXT)
    other.signs_in(phone.login, phone.words)
    other.entries(2)
    other.row(TEXT).get_by_role("button").click()
    other.tap("Show the words")
    expect(other.page.get_by_role("article").get_by_text(TEXT).first).to_be_visible()
    _says_all(other)
    _has_its_history(other)
    other.tap("Everything you saved, with dates")
    body = cards.opens(other, "About this entry")
    body.get_by_label("This entry may go into a pack", exact=True).check()
    cards.saves(other)
    other.is_kept_safe(TEXT)
    _holds_every_field(makes_a_pack(other, 0, tmp_path))
    _says_which_pack(other)
