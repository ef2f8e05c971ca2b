"""Statements about who prepared a pack, judged by the program and by the page: valid, forged, moved or incomplete."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from diary.crypto.fingerprints import fingerprint
from diary.crypto.signing import AuthorSigner, generate_scalar
from diary.encoding import b64, canonical_json
from diary.ids import id_text, new_id
from diary.ledger.sharing import grants
from diary.ledger.sharing.earlier_keys import earlier_keys_binding
from diary.pack.preparer import PREPARED_LINE_PREFIX, prepared_line
from diary.pack.verify.prepared_check import (
    PREPARED_TYPE,
    prepared_members,
    versions_digest,
)
from diary.pack.verify.proof_check import PREPARED_PATH
from diary.pack.verify.record_check import RECORD_PATH
from tests.pack.conftest import BuiltPack
from tests.pack.pack_members import change_members, members_of, pack_folder_name, rebuild_digest_lists
from tests.pack.verifier_comparison import PackCases, compare_verifiers

READ_FIRST_PATH = "data/00_READ-FIRST.txt"
PREPARED_FINDING, PREPARER_FINDING = ("prepared", PREPARED_PATH), ("preparer", PREPARED_PATH)
DAY_MS = 86_400_000
Members = dict[str, bytes]
StatementFields = dict[str, Any]


class PackPreparer:
    """An advocate of the fictional diary's keeper. Tests change any part of what the advocate signs."""

    def __init__(self, pack: BuiltPack) -> None:
        """Start from a pack: the keeper's, or one whose pages and record name the preparer already."""
        self.pack, self.author, self.hpke_public_key = (
            pack,
            AuthorSigner(generate_scalar()),
            AuthorSigner(generate_scalar()).pub,
        )
        self.pack_head = json.loads(members_of(pack.path)[RECORD_PATH])["pack"]

    def make_grant(self, keeper: AuthorSigner | None = None, **changed: Any) -> StatementFields:
        """Return a grant of everything, signed by the keeper."""
        keeper, made_at = keeper or self.pack.diary.author, self.pack_head["made_at"]
        default_fields = {
            "diary": self.pack.diary.diary_id,
            "from": b64(fingerprint(keeper.pub, self.hpke_public_key)),
            "grant": id_text(new_id()),
            "made_at": made_at - DAY_MS,
            "not_after": made_at + DAY_MS,
            "prev": None,
            "purpose": "Help with a report",
            "restricted": True,
            "rights": ["view", "pack"],
            "scope": {"all": True},
            "to": b64(fingerprint(self.author.pub, self.hpke_public_key)),
        }
        binding = earlier_keys_binding(self.pack.diary.key_replacements)
        signed = {name: value for name, value in (default_fields | binding | changed).items() if value is not None}
        return grants.sign_grant(keeper, signed | {"prev": None})

    def prepared_members(self, grant: StatementFields, signer: AuthorSigner | None = None, **changed: Any) -> Members:
        """Return the pack as this advocate would make it: READ-FIRST, record and statement name the preparer."""
        data_members = {name: raw for name, raw in members_of(self.pack.path).items() if name.startswith("data/")}
        statement: StatementFields = {"by": "Priya K", "grant": grant, "organisation": "Stalking Support North"}
        record = json.loads(data_members[RECORD_PATH])
        record["pack"]["prepared"] = prepared_members(statement)
        # An advocate writes nothing for the keeper.
        record |= {"own_words": "", "sheet": dict.fromkeys(record["sheet"], "")}
        for line in record["custody"]:
            line["actor"] = "advocate" if line["action"] == "exported" else line["actor"]
        data_members[RECORD_PATH] = canonical_json(record, limit_bytes=1 << 26) + b"\n"
        line = prepared_line(statement["by"], statement["organisation"])
        data_members[READ_FIRST_PATH] = f"{line}\r\n".encode() + data_members[READ_FIRST_PATH]
        return self.stated_members(data_members, grant, signer, **changed)

    def stated_members(
        self, data_members: Members, grant: StatementFields, signer: AuthorSigner | None = None, **changed: Any
    ) -> Members:
        """Return the members of a pack with this advocate's statement."""
        statement: StatementFields = {"by": "Priya K", "grant": grant, "organisation": "Stalking Support North"}
        proofs = [
            json.loads(raw)
            for name, raw in data_members.items()
            if name.startswith("data/servable/proof/") and name.endswith(".json")
        ]
        versions = {proof["version"]: proof["c"] for proof in proofs if proof["t"] == "proof/v1"}
        statement |= {
            "ecdsa_pub": b64(self.author.pub),
            "hpke_pub": b64(self.hpke_public_key),
            "t": PREPARED_TYPE,
            "list": versions_digest(versions),
        }
        statement |= {
            "folder": self.pack_head["folder"],
            "made_at": self.pack_head["made_at"],
            "pack": self.pack_head["id"],
        }
        record = data_members.get(RECORD_PATH)
        statement |= {"record": "" if record is None else hashlib.sha256(record).hexdigest()} | changed
        signature = b64((signer or self.author).sign(canonical_json(statement)))
        return {**data_members, PREPARED_PATH: canonical_json(statement | {"sig": signature})}


@pytest.fixture
def preparer(small_pack: BuiltPack) -> PackPreparer:
    """Return an advocate to whom the keeper gave access."""
    return PackPreparer(small_pack)


def test_preparer_statements_are_confirmed_or_reported(
    preparer: PackPreparer, small_pack: BuiltPack, tmp_path: Path
) -> None:
    """A true statement is confirmed, and every known way to falsify one is reported."""
    cases, head, bag = (
        PackCases(tmp_path, small_pack.diary.notary.pub),
        preparer.pack_head,
        members_of(small_pack.path)["bag-info.txt"],
    )
    true = preparer.make_grant()

    def add(name: str, members: Members, change: Callable[[Members], object] = lambda _: None) -> None:
        change(members)
        signed = rebuild_digest_lists(
            small_pack.path, members | {"bag-info.txt": bag}, tmp_path / "again.zip", preparer.author
        )
        cases.add(name, signed)

    def change_statement(change: Callable[[StatementFields], object]) -> Callable[[Members], object]:
        def apply(members: Members) -> None:
            statement = json.loads(members[PREPARED_PATH])
            change(statement)
            members[PREPARED_PATH] = canonical_json(statement)

        return apply

    add("true", preparer.prepared_members(true))
    add("true, servable alone", _servable_members(preparer.prepared_members(true)))
    add("no right to", preparer.prepared_members(preparer.make_grant(rights=["view", "comment"])))
    add(
        "a right written in",
        preparer.prepared_members({**preparer.make_grant(rights=["view"]), "rights": ["view", "pack"]}),
    )
    add("its end put off", preparer.prepared_members({**true, "not_after": true["not_after"] + 9 * DAY_MS}))
    add(
        "over by then",
        preparer.prepared_members(preparer.make_grant(made_at=head["made_at"] - 9 * DAY_MS, not_after=head["made_at"])),
    )
    add("not yet", preparer.prepared_members(preparer.make_grant(made_at=head["made_at"] + 1)))
    add("granted by somebody else", preparer.prepared_members(preparer.make_grant(AuthorSigner(generate_scalar()))))
    add("of another diary", preparer.prepared_members(preparer.make_grant(diary=id_text(new_id()))))
    add("of other entries", preparer.prepared_members(preparer.make_grant(scope={"records": [id_text(new_id())]})))
    add("what is kept apart was not given", preparer.prepared_members(preparer.make_grant(restricted=False)))
    add(
        "what is kept apart was not given, servable alone",
        _servable_members(preparer.prepared_members(preparer.make_grant(restricted=False))),
    )
    for name, changed in {
        "made at another time than it was signed": {"made_at": true["made_at"]},
        "of a pack that was not signed": {"pack": id_text(new_id())},
    }.items():
        add(f"{name}, servable alone", _servable_members(preparer.prepared_members(true, **changed)))
    add("signed by somebody else", preparer.prepared_members(true, signer=AuthorSigner(generate_scalar())))
    add("somebody else's grant", preparer.prepared_members(preparer.make_grant(to=b64(bytes(12)))))
    add(
        "another name over the signature",
        preparer.prepared_members(true),
        change_statement(lambda statement: statement.update(by="Detective Smith")),
    )
    add("another organisation than the record's", preparer.prepared_members(true, organisation="The police"))
    add("of another pack", preparer.prepared_members(true, pack=id_text(new_id())))
    add("of another folder", preparer.prepared_members(true, folder="PACK_ZZ_1_20260101"))
    add("of other versions", preparer.prepared_members(true, list=b64(bytes(32))))
    add("of another record", preparer.prepared_members(true, record="0" * 64))
    add("a name on two lines", preparer.prepared_members(true, organisation="North\nPREPARED BY"))
    add(
        "no line",
        preparer.prepared_members(true),
        lambda held: held.update({READ_FIRST_PATH: b"Prepared by Detective Smith.\r\n"}),
    )
    add("one thing more", preparer.prepared_members(true, also=1))
    add("no statement", preparer.prepared_members(true), lambda held: held.pop(PREPARED_PATH))
    add("a statement of nothing", preparer.prepared_members(true), lambda held: held.update({PREPARED_PATH: b"{}"}))
    add("no JSON", preparer.prepared_members(true), lambda held: held.update({PREPARED_PATH: b"\xff"}))
    add("the line alone", _servable_members(preparer.prepared_members(true)), lambda held: held.pop(PREPARED_PATH))
    add(
        "another line",
        preparer.prepared_members(true),
        lambda held: held.update({READ_FIRST_PATH: f"{PREPARED_LINE_PREFIX}Somebody, Elsewhere.\n".encode()}),
    )
    add("the keeper's own", members_of(small_pack.path))
    findings = {
        name: {finding for finding in case_findings if finding[0].startswith("prepare")}
        for name, case_findings in compare_verifiers(cases, min_cases=25).items()
    }
    expected = {name: {PREPARER_FINDING} for name in findings} | {
        "true": {PREPARED_FINDING},
        "true, servable alone": {PREPARED_FINDING},
        "the keeper's own": set(),
    }
    expected |= {"what is kept apart was not given, servable alone": {PREPARED_FINDING}}
    expected |= {"no statement": {("preparer", RECORD_PATH)}, "the line alone": {("preparer", READ_FIRST_PATH)}}
    assert findings == expected


def test_the_servable_folder_alone_names_the_preparer(
    preparer: PackPreparer, small_pack: BuiltPack, tmp_path: Path
) -> None:
    """The servable folder alone, copied under its own name, still names the preparer."""
    bag = {"bag-info.txt": members_of(small_pack.path)["bag-info.txt"]}
    prepared_pack = rebuild_digest_lists(
        small_pack.path,
        preparer.prepared_members(preparer.make_grant()) | bag,
        tmp_path / "whole.zip",
        preparer.author,
    )
    shutil.unpack_archive(prepared_pack, tmp_path / "out")
    cases = PackCases(tmp_path, small_pack.diary.notary.pub)
    cases.add("servable", tmp_path / "out" / pack_folder_name(prepared_pack) / "data" / "servable")
    pack_with_moved_statement = change_members(
        small_pack.path,
        tmp_path / "moved.zip",
        lambda held: {**held, PREPARED_PATH: members_of(prepared_pack)[PREPARED_PATH]},
    )
    cases.add("put into the keeper's own pack", pack_with_moved_statement)
    findings = compare_verifiers(cases)
    assert findings["servable"] == {("servable_only", None), PREPARED_FINDING}
    assert PREPARER_FINDING in findings["put into the keeper's own pack"]


def _servable_members(members: Members) -> Members:
    """Return these members without the restricted part."""
    return {name: raw for name, raw in members.items() if not name.startswith("data/restricted/")}
