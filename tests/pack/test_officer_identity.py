"""Legal name, date of birth and home address: for a pack for the police alone, on page one of 06 and nowhere else."""

import io
import json
from typing import Any

import pypdf
import pytest

from diary.encoding import canonical_json
from diary.errors import BadRequest
from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import CAPSULE_LIMIT_BYTES, IDENTITY_FIELDS, read_capsule
from diary.pack.contents import build_contents
from diary.pack.documents.officer import officer_data
from diary.pack.redaction import REDACTION_MARK
from tests.pack.conftest import BuiltPack
from tests.pack.fictional_diary import KEEPER_IDENTITY, START_MS, FictionalDiary, incident_fields
from tests.pack.pack_members import members_of

NARRATIVE = "“Joanna Brandreth-Vane, born 2nd April 1991,” he read out, “of Wrenbury, Elmhurst Road.” Joanna, he said."


def small_diary() -> FictionalDiary:
    """Return one entry whose account has the name, the birth date and parts of the address."""
    diary = FictionalDiary()
    diary.add("incident", incident_fields(START_MS, NARRATIVE))
    return diary


def sheet_of(diary: FictionalDiary, **options: Any) -> Any:
    """Return the data of 06."""
    capsule = build_capsule(diary.versions, diary.wish(**options), diary.public_keys)
    return officer_data(build_contents(read_capsule(capsule)))


def test_page_one_of_06_says_who_the_keeper_is(full_pack: BuiltPack) -> None:
    """An officer reads name, birth date and address on the first page; the later pages do not repeat them."""
    raw = members_of(full_pack.path)["data/restricted/06_RESTRICTED_officer-sheet.pdf"]
    first, *others = [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(raw)).pages]
    for words in ("Joanna Maud Brandreth-", "2 Apr 1991", "Wrenbury LS6 2AB"):
        assert words in first and not any(words in page for page in others), words


def test_the_account_is_held_back_where_it_says_who_the_keeper_is() -> None:
    """The family name, the birth date and the address are replaced. The first name alone stays as it was said."""
    diary = small_diary()
    capsule = build_capsule(diary.versions, diary.wish(identity=KEEPER_IDENTITY), diary.public_keys)
    assert build_contents(read_capsule(capsule)).entries[0].narrative == (
        f"“{REDACTION_MARK}, born {REDACTION_MARK},” he read out, “of Wrenbury, {REDACTION_MARK}.” Joanna, he said."
    )


def test_what_was_left_blank_is_asked_for_on_the_sheet_of_the_police() -> None:
    """A field that was left blank stays blank. A sheet for others does not mention it."""
    diary = small_diary()
    rows = dict(sheet_of(diary, identity={"legal_name": "Jo Vane", "date_of_birth": ""})["identity"])
    assert rows == {"Full legal name": "Jo Vane", "Date of birth": "", "Home address": ""}
    assert set(dict(sheet_of(diary)["identity"]).values()) == {""}
    assert sheet_of(diary, profile="solicitor")["identity"] == []


@pytest.mark.parametrize("profile", ["school", "employer", "housing", "solicitor"])
def test_no_other_pack_holds_it(profile: str) -> None:
    """A pack for anybody else is made without it, and a capsule that has it is refused."""
    diary = small_diary()
    raw = build_capsule(diary.versions, diary.wish(identity=KEEPER_IDENTITY, profile=profile), diary.public_keys)
    capsule = json.loads(raw)
    assert not set(IDENTITY_FIELDS) & set(capsule["sheet"]) and b"Vane" not in json.dumps(capsule["sheet"]).encode()
    for name in IDENTITY_FIELDS:
        forged = capsule | {"sheet": capsule["sheet"] | {name: "x"}}
        with pytest.raises(BadRequest, match="Only a pack for the police"):
            read_capsule(canonical_json(forged, limit_bytes=CAPSULE_LIMIT_BYTES))
