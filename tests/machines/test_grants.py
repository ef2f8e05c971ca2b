"""Grants at random: grants, keys, letters, views, marks. The model is in grants_model.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.machines.grants_model import MINUTE_MS, GrantedVersionModel, GrantModel, GrantsModel, LetterModel
from tests.machines.server_box import (
    DAY_MS,
    HOUR_MS,
    ServerAnswer,
    ServerBox,
    advocate_versions,
    b64,
    encode_frames,
    feed_versions,
    grant_envelope,
    grant_wrap,
    id_text,
    parametrize_lengths,
    run_machine,
    running_box,
    sealed_version_for_grants,
    unb64,
)  # fmt: skip

WRONG_PROOF = b64(bytes(32))
ITEM_INDEX = st.integers(0, 9)
ADVOCATE_INDEX = st.integers(0, 2)
# The requesting advocate: the grant's own, or any.
READING_ADVOCATE = st.sampled_from([None, None, None, 0, 1, 2])
MOSTLY_TRUE = st.sampled_from([True, True, True, False])
LETTER_KEPT_MS = 30 * DAY_MS
GRANT_LIFE_LIMIT_MS = 181 * DAY_MS


class GrantsMachine(GrantsModel):
    """Actions of the keeper, the advocates and another keeper."""

    def __init__(self, server_box: ServerBox) -> None:
        """Start with two versions, two grants and a letter on `server_box`."""
        super().__init__(server_box)
        for with_file in (False, True):
            self.write_version(with_file, False)
        for desk, lasts in ((1, 180 * DAY_MS), (2, 2 * HOUR_MS)):
            self.create_grant(desk, lasts, True)
            self.give_keys(desk - 1, {0, 1})
        self.write_letter(0, None, False)

    # Keeper's actions.

    @rule(with_file=st.booleans(), inline=st.booleans())
    def write_version(self, with_file: bool, inline: bool) -> None:
        """Push a version, with keys for all grants, valid or ended, or without keys."""
        files = (self.new_id("file"),) if with_file else ()
        to = self.grants if inline else []
        path, body = sealed_version_for_grants(self.keeper, tuple(grant.id for grant in to), files)
        answer = self.request("PUT", path, body)
        assert (answer.status, answer.body["seq"]) == (201, len(self.versions) + 1), answer
        record, version = path.split("/")[5], path.split("/")[7]
        for grant in to:
            if self.is_active(grant):
                grant.granted_versions.append(version)
        sealed = feed_versions(self.request("GET", f"{self.keeper.diary}/changes"))[-1][1]
        self.versions.append(GrantedVersionModel(version, record, files, sealed))

    @precondition(lambda self: any(one.files and not one.erased for one in self.versions))
    @rule(which=ITEM_INDEX)
    def erase_now(self, which: int) -> None:
        """Purge an entry with a file, and with it its keys."""
        versions_with_files = [one for one in self.versions if one.files and not one.erased]
        one = versions_with_files[which % len(versions_with_files)]
        body = {"records": [one.record], "why": "under_18_image"}
        assert self.request("POST", f"{self.keeper.diary}/erasures", body, x_proof=self.keeper.proof).status == 201
        one.erased = True
        for grant in self.grants:
            grant.granted_versions = [version for version in grant.granted_versions if version != one.id]

    @precondition(lambda self: len(self.grants) < 6)
    @rule(
        desk=ADVOCATE_INDEX,
        lasts=st.sampled_from([-HOUR_MS, 2 * HOUR_MS, 2 * DAY_MS, 180 * DAY_MS, 200 * DAY_MS]),
        right=MOSTLY_TRUE,
    )
    def create_grant(self, desk: int, lasts: int, right: bool) -> None:
        """Create a grant, with the request sent twice: the answer may have been lost."""
        grant_id, not_after = self.new_id("grant"), self.server_box.now_ms + lasts
        to, diary = self.fingerprint(desk), self.keeper.identity.diary
        body = {
            "grant": grant_id,
            "to": to,
            "not_after": not_after,
            "sealed": b64(grant_envelope("grant", diary, grant_id, b"sealed", to=to)),
        }
        body |= {"kept": b64(grant_envelope("kept", diary, grant_id, b"kept", to=to))}
        where, proof = f"{self.keeper.diary}/grants", self.keeper.proof if right else WRONG_PROOF
        answer = self.request("POST", where, body, x_proof=proof)
        if not right:
            assert (answer.status, answer.code) == (401, "no_match")
        elif lasts < 0 or lasts > GRANT_LIFE_LIMIT_MS:
            assert (answer.status, answer.code) == (400, "bad_request")
        elif desk in self.departed_advocates:
            assert answer.status == 404
        else:
            assert answer == ServerAnswer(201, {"made_at": self.server_box.now_ms, "not_after": not_after})
            self.grants.append(GrantModel(grant_id, desk, not_after, self.server_box.now_ms, body))
            assert self.request("POST", where, body, x_proof=proof) == answer

    @precondition(lambda self: self.grants and self.versions)
    @rule(which=ITEM_INDEX, versions=st.sets(ITEM_INDEX, min_size=1, max_size=3))
    def give_keys(self, which: int, versions: set[int]) -> None:
        """Upload keys of existing versions; for an ended grant nothing is stored."""
        grant = self.grants[which % len(self.grants)]
        chosen = sorted({self.versions[at % len(self.versions)].id for at in versions})
        diary = self.keeper.identity.diary
        body = encode_frames(
            [encode_frames([unb64(version), grant_wrap(diary, grant.id, version)]) for version in chosen]
        )
        answer = self.request("PUT", f"{self.grant_path(grant)}/wraps", body)
        new = (
            [version.id for version in self.unerased_versions(chosen) if version.id not in grant.granted_versions]
            if self.is_active(grant)
            else []
        )
        assert answer == ServerAnswer(200, {"kept": len(new)})
        grant.granted_versions += new

    @precondition(lambda self: self.grants)
    @rule(which=ITEM_INDEX)
    def send_summary(self, which: int) -> None:
        """Upload the summary for the advocate's list."""
        grant = self.grants[which % len(self.grants)]
        self.ids_made += 1
        summary = grant_envelope("summary", self.keeper.identity.diary, grant.id, b"summary %d" % self.ids_made)
        answer = self.request("PUT", f"{self.grant_path(grant)}/summary", summary)
        assert answer.status == (404 if grant.ended_at is not None else 204)
        if grant.ended_at is None:
            grant.summary = summary

    @precondition(lambda self: self.grants)
    @rule(which=ITEM_INDEX, right=MOSTLY_TRUE)
    def end_grant_by_keeper(self, which: int, right: bool) -> None:
        """End a grant as the keeper."""
        grant = self.grants[which % len(self.grants)]
        answer = self.request("DELETE", self.grant_path(grant), x_proof=self.keeper.proof if right else WRONG_PROOF)
        if not right:
            assert (answer.status, answer.code) == (401, "no_match")
        elif grant.ended_at is not None:
            assert answer.status == 404
        else:
            assert answer.status == 204
            self.end_grant(grant, self.server_box.now_ms)

    @precondition(lambda self: self.letters)
    @rule(which=ITEM_INDEX, drop=st.booleans(), right=MOSTLY_TRUE)
    def take_letter(self, which: int, drop: bool, right: bool) -> None:
        """Accept a letter, or delete it, which needs the words."""
        letter = self.letters[which % len(self.letters)]
        where = f"{self.keeper.diary}/letters/{letter.id}"
        if not drop:
            for _ in range(2):
                assert self.request("POST", f"{where}/taken").status == 204
                letter.taken_at = letter.taken_at or self.server_box.now_ms
        elif right:
            assert self.request("DELETE", where, x_proof=self.keeper.proof).status == 204
            self.letters.remove(letter)
            assert self.request("DELETE", where, x_proof=self.keeper.proof).status == 404
        else:
            assert self.request("DELETE", where, x_proof=WRONG_PROOF).code == "no_match"

    # Advocates' actions.

    @precondition(lambda self: self.grants)
    @rule(which=ITEM_INDEX, at=READING_ADVOCATE)
    def read_as_advocate(self, which: int, at: int | None) -> None:
        """Read by a grant as an advocate, their own or a colleague's: what was shared, byte for byte, or nothing."""
        grant = self.grants[which % len(self.grants)]
        desk = grant.advocate_index if at is None else at
        answer = self.request_as_advocate(desk, "GET", f"/v1/clients/{grant.id}/changes")
        if answer is None:
            return
        if desk != grant.advocate_index or not self.is_active(grant):
            assert answer.status == 404
            return
        self.record_view(grant, "read")
        shown_versions = [(facts["version"], sealed, own) for facts, sealed, own in advocate_versions(answer)]
        diary = self.keeper.identity.diary
        expected = [
            (version.id, version.frames, (grant_wrap(diary, grant.id, version.id),))
            for version in self.unerased_versions(grant.granted_versions)
        ]
        assert shown_versions == expected

    @precondition(lambda self: self.grants)
    @rule(which=ITEM_INDEX, at=READING_ADVOCATE, what=st.sampled_from(["stands", "pack", "nonsense", "file"]))
    def request_grant_details(self, which: int, at: int | None, what: str) -> None:
        """Request whether a grant is valid, record that a pack is made, or fetch a file of a shared version."""
        grant_model = self.grants[which % len(self.grants)]
        desk = grant_model.advocate_index if at is None else at
        where, files = (
            f"/v1/clients/{grant_model.id}",
            [name for given in self.unerased_versions(grant_model.granted_versions) for name in given.files],
        )
        if what == "stands":
            answer = self.request_as_advocate(desk, "GET", where)
        elif what == "file":
            answer = self.request_as_advocate(desk, "GET", f"{where}/blobs/{files[0] if files else id_text(bytes(16))}")
        else:
            answer = self.request_as_advocate(desk, "POST", f"{where}/looks", {"what": what})
        if answer is None:
            return
        if what == "nonsense":
            assert (answer.status, answer.code) == (400, "bad_request")
        elif desk != grant_model.advocate_index or not self.is_active(grant_model):
            assert answer.status == 404
        elif what == "file":
            # The file was never sent; what matters is that the request does no harm.
            assert answer.status == 404
        elif what == "stands":
            numbers = [
                seq
                for seq, version in enumerate(self.versions, 1)
                if version.id in grant_model.granted_versions and not version.erased
            ]
            assert answer == ServerAnswer(200, {"newest": max(numbers, default=0), "not_after": grant_model.not_after})
        else:
            self.record_view(grant_model, "pack")
            own_grants = {grant.id for grant in self.grants if grant.advocate_index == desk}
            assert answer == ServerAnswer(
                200, {"packs": sum(grant in own_grants and kind == "pack" for _, grant, kind in self.views)}
            )

    @precondition(lambda self: self.grants)
    @rule(which=ITEM_INDEX, at=READING_ADVOCATE, again=st.booleans())
    def write_letter(self, which: int, at: int | None, again: bool) -> None:
        """Send the keeper a letter, a new one or the same again."""
        grant = self.grants[which % len(self.grants)]
        desk = grant.advocate_index if at is None else at
        known_letter = next((letter for letter in self.letters if letter.grant == grant.id), None) if again else None
        letter = known_letter.id if known_letter else self.new_id("letter")
        envelope = grant_envelope("letter", self.keeper.identity.diary, grant.id, b"Dear", letter=letter)
        answer = self.request_as_advocate(desk, "PUT", f"/v1/clients/{grant.id}/letters/{letter}", envelope)
        if answer is None:
            return
        allowed = desk == grant.advocate_index and self.is_active(grant)
        assert answer.status == (204 if allowed else 404)
        if allowed and not known_letter:
            self.letters.append(LetterModel(letter, grant.id, self.server_box.now_ms, envelope))

    @precondition(lambda self: self.grants)
    @rule(which=ITEM_INDEX, at=READING_ADVOCATE)
    def send_marks(self, which: int, at: int | None) -> None:
        """Upload the advocate's review marks."""
        grant = self.grants[which % len(self.grants)]
        desk = grant.advocate_index if at is None else at
        self.ids_made += 1
        marks = grant_envelope("marks", self.keeper.identity.diary, grant.id, b"marks %d" % self.ids_made)
        answer = self.request_as_advocate(desk, "PUT", f"/v1/clients/{grant.id}/marks", marks)
        if answer is None:
            return
        allowed = desk == grant.advocate_index and self.is_active(grant)
        assert answer.status == (204 if allowed else 404)
        if allowed:
            grant.marks, grant.marks_count = marks, grant.marks_count + 1

    @precondition(lambda self: len(self.departed_advocates) == 0)
    @rule(desk=st.integers(1, 2))
    def remove_advocate(self, desk: int) -> None:
        """Remove a colleague: sessions, grants and keys end in one step."""
        lead = self.desks[0]
        proof = self.server_box.advocate_proof(lead)
        where = f"/v1/organisation/members/{self.desks[desk].advocate.account}"
        assert self.server_box.request(lead, "DELETE", where, x_proof=proof).status == 204
        self.departed_advocates.add(desk)
        for grant in self.grants:
            if grant.advocate_index == desk and grant.ended_at is None:
                self.end_grant(grant, self.server_box.now_ms)

    @rule(ms=st.sampled_from([MINUTE_MS, HOUR_MS, 2 * HOUR_MS, DAY_MS, 3 * DAY_MS]), hourly=st.booleans())
    def time_passes(self, ms: int, hourly: bool) -> None:
        """Let time pass, with or without the server's hourly work."""
        if self.time_budget_ms < ms + HOUR_MS:
            return
        self.time_budget_ms -= ms + HOUR_MS
        self.server_box.advance_clock(ms)
        if hourly:
            at = self.server_box.run_hourly_work()
            for grant in self.grants:
                if grant.ended_at is None and grant.not_after <= at:
                    self.end_grant(grant, at)
            self.letters = [
                grant for grant in self.letters if grant.taken_at is None or grant.taken_at > at - LETTER_KEPT_MS
            ]

    @precondition(lambda self: self.grants)
    @rule(which=ITEM_INDEX)
    def check_single_grant(self, which: int) -> None:
        """Check the keeper's view of one grant: versions while it is valid, marks for ever."""
        grant = self.grants[which % len(self.grants)]
        answer = self.request("GET", f"{self.grant_path(grant)}/wraps")
        if grant.ended_at is None:
            assert answer == ServerAnswer(
                200, {"versions": [version.id for version in self.versions if version.id in grant.granted_versions]}
            )
        else:
            assert answer.status == 404
        assert self.request("GET", f"{self.grant_path(grant)}/marks") == ServerAnswer(
            200, {"marks": grant.marks and b64(grant.marks)}
        )

    @rule(which=ITEM_INDEX)
    def check_other_keeper_sees_nothing(self, which: int) -> None:
        """Check that another keeper gets 404 at the keeper's and at an advocate's paths."""
        requests: list[tuple[str, str, Any]] = [
            ("GET", f"{self.keeper.diary}/letters", None),
            ("GET", "/v1/clients", None),
        ]
        if self.grants:
            grant = self.grants[which % len(self.grants)]
            requests += [
                ("GET", f"/v1/clients/{grant.id}/changes", None),
                ("POST", f"{self.keeper.diary}/grants", grant.body),
            ]
            for diary in (self.keeper.diary, self.other_keeper.diary):
                where = f"{diary}/grants/{grant.id}"
                requests += [("DELETE", where, None), ("GET", f"{where}/wraps", None), ("GET", f"{where}/marks", None)]
        if self.letters:
            requests += [("POST", f"{self.other_keeper.diary}/letters/{self.letters[0].id}/taken", None)]
        for method, path, body in requests:
            answer = self.server_box.request(self.other_keeper, method, path, body, x_proof=self.other_keeper.proof)
            # Nobody can create an expired grant again.
            assert answer.status == 404 or (answer.code == "bad_request" and path.endswith("/grants")), (
                method,
                path,
                answer,
            )


@parametrize_lengths(short=(8, 25), long=(80, 40))
def test_grants_and_letters_follow_the_model(
    tmp_path: Path, database_setting: dict[str, str], examples: int, steps: int
) -> None:
    """Over random requests, advocates read what is shared while it is shared, and every view is listed for the keeper."""
    with running_box(tmp_path, **database_setting) as server_box:
        run_machine(lambda: GrantsMachine(server_box), examples=examples, steps=steps)
