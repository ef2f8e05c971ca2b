"""The set pages of a pack that an advocate prepared: what they must say, and what they must never say."""

from __future__ import annotations

import functools
import io
import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdf
import pytest

from diary.crypto.signing import generate_scalar
from diary.encoding import b64, canonical_json, unb64
from diary.errors import BadRequest
from diary.ledger.commitments import field_digest
from diary.pack.bag.manifest import SERVABLE_MANIFEST_PATH, SERVABLE_STATEMENT_PATH
from diary.pack.capsule.reader import read_capsule
from diary.pack.contents import build_contents
from diary.pack.documents.exhibits import exhibits_data
from diary.pack.documents.text_files import text_files
from diary.pack.preparer import prepared_line
from diary.pack.verify.proof_check import PREPARED_PATH
from diary.pack.verify.verifier import verify_pack
from tests.pack.conftest import build_in_thread
from tests.pack.fictional_diary import (
    DAY_MS,
    START_MS,
    FictionalDiary,
    KeeperSigner,
    draw_screenshot,
    fictional_diary,
    incident_fields,
)
from tests.pack.pack_members import members_of, members_of_front
from tests.pack.prepared_packs import PREPARER_NAME, PREPARER_ORGANISATION, make_prepared_pack, prepared_capsule, resign
from tests.pack.restricted_scan import readable_forms
from tests.pack.test_preparer_statement import PREPARED_FINDING, PREPARER_FINDING
from tests.pack.verifier_comparison import PackCases, compare_verifiers

READ_FIRST, VERIFY_STEPS = "data/00_READ-FIRST.txt", "data/15_VERIFY.txt"
PAGES = {
    "01": "data/servable/01_chronology.pdf",
    "04": "data/servable/04_exhibits.pdf",
    "08": "data/servable/08_impact.pdf",
    "06": "data/restricted/06_RESTRICTED_officer-sheet.pdf",
    "10": "data/restricted/10_RESTRICTED_how-this-record-was-made.pdf",
}
PART_SENTENCE = (
    "This is of a part of a diary: what was not given is not here and is not counted. Numbers are of this pack alone; "
    "a pack from the keeper may number the same entries otherwise."
)
# What a keeper's pack says and an advocate's must not: each would claim that the keeper did what somebody else did.
NEVER_SAID = (
    r"prepared by PK\b",
    r"PK, the keeper",
    r"Prepared by the person named",
    r"The diary holds",
    r"not chosen for this pack",
    r"the keeper’s device laid out",
    r"added on the keeper’s device",
    r"the keeper agreed",
    r"This diary holds no",
    r"PK (?:replied|had|marked)",
    r"Named by PK",
    r"Entries PK marked",
    r"In my own words",
    r"Name to use",
    r"Safe way and time to contact",
    r"No concern written",
    r"Immediate concerns",
    r"keeper asked to hold back",
    r"the keeper left out",
    r"a device of this diary signed the pack",
    r"When this pack was made the screens were",
    r"No outside authority has stamped",
    r"There are none: the receipts",
    r"I made this record",
    r"Jo Brandreth|Maryam|He has a key to the shared gate|It began when I ended things",
)


@dataclass(frozen=True)
class PreparedPages:
    """The words of each document, with single spaces: by number, and the text files by name."""

    words: Mapping[str, str]
    files: Mapping[str, bytes]


def _pages_of(diary: FictionalDiary, capsule: bytes, folder: Path) -> PreparedPages:
    files = members_of_front(build_in_thread(diary, capsule, folder / "front.zip"))
    words = {
        number: " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(files[path])).pages)
        for number, path in PAGES.items()
    }
    words |= {"00": files[READ_FIRST].decode(), "15": files[VERIFY_STEPS].decode()}
    return PreparedPages({number: " ".join(text.split()) for number, text in words.items()}, files)


@pytest.fixture(scope="module")
def diary() -> FictionalDiary:
    diary = fictional_diary(count=6, exhibits=2)
    diary.add("impact", {"domain": "sleep", "before": "fine", "after": "up at 4"})
    return diary


@pytest.fixture(scope="module", params=[True, False], ids=["with what is kept apart", "without"])
def pages(
    diary: FictionalDiary, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> PreparedPages:
    capsule = prepared_capsule(diary, is_restricted_given=request.param, hold_words=("bakery",))
    return _pages_of(diary, capsule, tmp_path_factory.mktemp("prepared"))


def test_each_document_says_who_prepared_it(pages: PreparedPages) -> None:
    """00 has the line that both checkers read; 01, 06 and 10 name the preparer, and say that it is of a part."""
    line = prepared_line(PREPARER_NAME, PREPARER_ORGANISATION)
    assert line == "PREPARED BY SOMEBODY ELSE: Priya K, Stalking Support North."
    assert pages.files[READ_FIRST].decode().split("\r\n").count(line) == 1
    for number in ("01", "06", "10"):
        assert f"{PREPARER_NAME}, {PREPARER_ORGANISATION}" in pages.words[number], number
    for number in ("01", "10"):
        assert PART_SENTENCE in pages.words[number], number
    for number in ("00", "01", "10"):
        assert "left out by the person who prepared this pack" in pages.words[number].lower(), number
    assert "what was not given is not here and is not counted" in pages.words["00"].lower()
    assert "prepared.json" in pages.words["15"]


def test_00_and_10_say_which_words_are_held_back(pages: PreparedPages) -> None:
    """They promise no more than the desk does: words of the record, not what is in the files."""
    sentence = "Words in accounts, descriptions and notes that look like a postcode or a number are held back, unless"
    assert sentence in pages.words["00"]
    assert sentence in pages.words["10"]


def test_no_document_says_that_the_keeper_prepared_it(pages: PreparedPages) -> None:
    """Nothing claims that the keeper chose, typed, agreed to or looked at what the advocate did."""
    found = [
        (number, match.group())
        for number, text in pages.words.items()
        for pattern in NEVER_SAID
        for match in re.finditer(pattern, text)
    ]
    assert found == []


def test_the_sheet_says_that_contact_was_not_given(pages: PreparedPages) -> None:
    """06 has no page of the keeper's: it says so, and never that nothing is to be feared."""
    assert "how to reach them safely" in pages.words["06"]
    assert "Nothing here says that there is no danger" in pages.words["06"]


def test_the_custody_log_names_an_advocate(pages: PreparedPages) -> None:
    """The last step of each file is the advocate's, in 11 and in the summary of 10."""
    lines = pages.files["data/restricted/11_custody-log.csv"].decode("utf-8-sig").splitlines()
    exported = [line for line in lines if "Put in a pack" in line]
    assert exported
    assert all(",advocate," in line for line in exported)
    assert "advocate" in pages.words["10"]


def test_words_held_back_are_in_no_servable_file(pages: PreparedPages) -> None:
    """What the advocate holds back is in the restricted part alone, in whatever form a file can be read."""
    shown = [
        name
        for path, raw in pages.files.items()
        if path.startswith("data/servable/") or path in (READ_FIRST, VERIFY_STEPS)
        for name, text in readable_forms(path, raw)
        if "bakery" in text.lower()
    ]
    assert shown == []


def test_proofs_hold_the_digests_that_were_given(diary: FictionalDiary) -> None:
    """Where the grant gives no key of a restricted part, each servable proof withholds the digests of the keeper's phone."""
    whole, part = (
        dict(text_files(build_contents(read_capsule(prepared_capsule(diary, is_restricted_given=given)))))
        for given in (True, False)
    )
    names = [name for name in whole if name.startswith("servable/proof/") and "keys" not in name]
    assert names
    for name in names:
        first, second = json.loads(whole[name]), json.loads(part[name])
        restricted = {key for key, value in first["withheld"].items() if second["withheld"].get(key) == value}
        assert restricted >= second["withheld"].keys(), name


@pytest.mark.parametrize("is_restricted_given", [True, False])
def test_04_says_why_a_file_is_not_printed(*, is_restricted_given: bool) -> None:
    """What nobody looked at, what was not given and what could not be read are told apart."""
    diary = FictionalDiary()
    entry, unseen = diary.add("incident", incident_fields(START_MS, "Files.")), {"looked_at": None}
    image = draw_screenshot(1)
    diary.attach(entry, image, "image/png", "Not looked at", print_image=image, extra_fields=unseen)
    diary.attach(entry, image, "image/png", "Looked at", print_image=image)
    diary.attach(entry, b"From: x", "message/rfc822", "Mail", filename="a.eml", extra_fields=unseen)
    diary.attach(entry, b"From: x", "message/rfc822", "Mail", filename="b.eml")
    diary.attach(entry, b"sound", "audio/mpeg", "Sound", filename="c.mp3", extra_fields=unseen)
    contents = build_contents(read_capsule(prepared_capsule(diary, is_restricted_given=is_restricted_given)))
    data: Any = exhibits_data(contents, contents.exhibits, {}, "")
    cards = [" ".join(exhibit["card"]) for exhibit in data["exhibits"]]
    reasons = [
        "not printed here: it was not looked at for a pack.",
        "Its picture could not be read when this pack was made." if is_restricted_given else "was not told whether it",
        "Nobody looked through it for a pack",
        "It could not be read here" if is_restricted_given else "It was not given to the person who prepared this pack",
        "There is no picture of it to print.",
    ]
    assert [reason in card for reason, card in zip(reasons, cards, strict=True)] == [True] * 5, cards


@pytest.mark.parametrize(
    "prepared",
    [
        {},
        {"by": "", "grant": "x", "organisation": "North", "to": "y"},
        {"by": "Priya\nK", "grant": "x", "organisation": "North", "to": "y"},
        {"by": "Priya K", "grant": "x", "organisation": "N" * 81, "to": "y"},
        {"by": "Priya K", "organisation": "North"},
        {"by": "Priya K", "grant": "x", "organisation": "North", "to": "y", "role": "police"},
        {"by": 7, "grant": "x", "organisation": "North", "to": "y"},
    ],
)
def test_a_capsule_with_a_false_preparer_is_refused(diary: FictionalDiary, prepared: dict[str, str]) -> None:
    """A name that would make other lines, or none, lays out nothing: no pack says by whom it is in another form."""
    capsule = json.loads(prepared_capsule(diary))
    capsule["pack"]["prepared"] = prepared
    with pytest.raises(BadRequest):
        read_capsule(json.dumps(capsule, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())


@pytest.mark.parametrize(
    ("member", "change"),
    [
        ("sheet", {"sheet": {"name_to_use": "Jo", "safe_contact": "", "concerns": "", "needs": "", "helped_by": ""}}),
        ("own words", {"own_words": "It began in April."}),
        ("left out", {"left_out": []}),
    ],
)
def test_what_an_advocate_never_has_is_refused(diary: FictionalDiary, member: str, change: dict[str, object]) -> None:
    """An officer's sheet, own words or a list of what was left out in an advocate's capsule were not the keeper's to print."""
    capsule = json.loads(prepared_capsule(diary)) | change
    with pytest.raises(BadRequest):
        read_capsule(json.dumps(capsule, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())
    assert member


def test_digests_in_a_keepers_capsule_are_refused(diary: FictionalDiary) -> None:
    """Only a pack that somebody else prepared may lack what is kept apart."""
    capsule = json.loads(prepared_capsule(diary, is_restricted_given=False))
    del capsule["pack"]["prepared"]
    with pytest.raises(BadRequest):
        read_capsule(json.dumps(capsule, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())


def prepared_again(
    diary: FictionalDiary, folder: Path, change: Callable[[dict[str, bytes]], object], **grant_fields: Any
) -> Path:
    """Return a prepared pack whose members the advocate changed, and signed again under another grant."""
    pack, preparer = make_prepared_pack(diary, folder)
    stated = json.loads(members_of(pack)[PREPARED_PATH])
    members = {
        name: raw
        for name, raw in members_of(pack).items()
        if name.startswith("data/") and name not in (PREPARED_PATH, SERVABLE_MANIFEST_PATH, SERVABLE_STATEMENT_PATH)
    }
    change(members)
    grant = preparer.make_grant(grant=stated["grant"]["grant"], **grant_fields)
    return resign(preparer, preparer.stated_members(members, grant), folder / "again.zip")


def test_a_key_that_the_grant_does_not_name_signs_nothing_of_the_keeper(tmp_path: Path) -> None:
    """Anybody can make a key that hands over to the keeper's. Only the keeper's grant says which ones were theirs."""
    honest, forged = fictional_diary(count=2, exhibits=1), fictional_diary(count=2, exhibits=1)
    honest.replace_signing_key(at_ms=START_MS + 1000 * DAY_MS)
    first = next(row for row in forged.versions if row["kind"] == "incident")
    keeper, forged.author = forged.author, KeeperSigner(generate_scalar())
    forged.amend(first, {"narrative": "FORGED: I hit him first."}, at_ms=START_MS + 5 * 60_000)
    forged.replace_signing_key(at_ms=START_MS + 1000 * DAY_MS, to=keeper)
    cases = PackCases(tmp_path / "cases", None)
    cases.folder.mkdir()
    other = b64(bytes(32))
    for name, diary, fields in (
        ("honest", honest, {}),
        ("honest, not named in the grant", honest, {"earlier": None}),
        ("honest, another named", honest, {"earlier": other}),
        ("forged", forged, {"earlier": None}),
        ("forged, another named", forged, {"earlier": other}),
        ("none, and one named", fictional_diary(count=2, exhibits=1), {"earlier": other}),
    ):
        pack = prepared_again(diary, tmp_path / name, lambda _: None, **fields)
        cases.add(name, pack, notary=diary.notary.pub)
    findings = compare_verifiers(cases, min_cases=6)
    assert PREPARED_FINDING in findings.pop("honest")
    assert all(PREPARER_FINDING in found and PREPARED_FINDING not in found for found in findings.values())


def test_what_says_that_a_version_came_before_is_never_withheld(tmp_path: Path) -> None:
    """An advocate who leaves out the first words must not hide that there were any."""
    diary = fictional_diary(count=2, exhibits=1)
    first = next(row for row in diary.versions if row["kind"] == "incident")
    later = diary.amend(first, {"narrative": "He did not hit me.", "reason": "x"}, at_ms=START_MS + 9 * DAY_MS)

    def withhold(names: Collection[str], members: dict[str, bytes]) -> None:
        for path in [path for path in members if "/servable/proof/" in path]:
            proof = json.loads(members[path])
            if proof.get("version") == first["version"]:
                del members[path]
            elif proof.get("version") == later["version"]:
                for name in names:
                    field = proof["fields"].pop(name)
                    proof["withheld"][name] = b64(field_digest(name, unb64(field["s"]), field["v"]))
                members[path] = canonical_json(proof)
        for path in [path for path in members if path.startswith("data/restricted/")]:
            del members[path]

    cases = PackCases(tmp_path / "cases", diary.notary.pub)
    cases.folder.mkdir()
    for name, names in {"left out": (), "parents": ("_parents",), "all": ("_parents", "_clock", "_author")}.items():
        cases.add(name, prepared_again(diary, tmp_path / name, functools.partial(withhold, names), restricted=False))
    findings = compare_verifiers(cases, min_cases=3)
    assert "left_out" in {code for code, _ in findings["left out"]}
    assert "names" in {code for code, _ in findings["parents"]} & {code for code, _ in findings["all"]}


def test_forged_names_of_who_prepared_it_are_found(tmp_path: Path) -> None:
    """Another name in 00 is found by both checkers; one in 01 or 10 when the pages are laid out again."""
    pack, preparer = make_prepared_pack(fictional_diary(count=3, exhibits=1), tmp_path / "made")
    members = {name: raw for name, raw in members_of(pack).items() if name.startswith("data/")}
    cases = PackCases(tmp_path / "cases", preparer.pack.diary.notary.pub)
    cases.folder.mkdir(exist_ok=True)
    line = prepared_line(PREPARER_NAME, PREPARER_ORGANISATION).encode()

    def add(name: str, changed: Mapping[str, bytes]) -> None:
        cases.add(name, resign(preparer, {**members, **changed}, tmp_path / f"{name}.zip"))

    add("true", {})
    for name, words in {
        "another": b"PREPARED BY SOMEBODY ELSE: Detective Smith, Police.",
        "nobody": b"By the keeper.",
        "two": line + b"\r\nPREPARED BY SOMEBODY ELSE: Detective Smith, Police.",
        "two, one after a space": line + b"\r\n Prepared by somebody else:  Detective Smith, Police.",
    }.items():
        add(name, {READ_FIRST: members[READ_FIRST].replace(line, words)})
    findings = compare_verifiers(cases, min_cases=5)
    assert findings.pop("true") == {PREPARED_FINDING}
    assert all(found == {PREPARER_FINDING} for found in findings.values())
    # A page with another preparer, honest in all else, in the place of the one that was made.
    other = prepared_capsule(
        preparer.pack.diary,
        prepared={
            **json.loads(members["data/restricted/12_record.json"])["pack"]["prepared"],
            "by": "Detective Smith",
        },
    )
    forged = members_of_front(build_in_thread(preparer.pack.diary, other, tmp_path / "other.zip"))
    for number in ("01", "06", "10"):
        path = PAGES[number]
        changed = resign(preparer, {**members, path: forged[path]}, tmp_path / f"{number}.zip")
        codes = {
            (finding.code, (finding.member or "").partition("#")[0])
            for finding in verify_pack(changed, rerender="0123456789ab")
            if finding.code in ("rerendered", "other_engine", "not_rerendered")
        }
        assert ("rerendered", path) in codes, (number, codes)
        assert {member for code, member in codes if code == "rerendered"} == {path}
