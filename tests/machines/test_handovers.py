"""Hand-overs and witness codes, asked for at random: how often each opens, and for whom. The model is in spoken.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.machines.adapter import (
    DAY,
    HOUR,
    SECOND,
    Box,
    Told,
    asking_of,
    b64,
    box,
    frames,
    handover_kdf,
    handover_part,
    id_text,
    lengths,
    play,
    statement_of,
    unb64,
    whole_digest,
)  # fmt: skip
from tests.machines.spoken import LASTS, QUOTA, Code, Left, SpokenModel, bytes_of

UNFINISHED, KEPT = DAY, 30 * DAY
TICKET, SENDING = 6 * HOUR, 2 * HOUR
OPENINGS = 5
ONE = st.integers(0, 9)
RIGHT = st.sampled_from([True, True, False])


class Spoken(SpokenModel):
    """What a keeper, another one and people on the public host do."""

    def __init__(self, on: Box) -> None:
        """`on`: the server. A hand-over and a code are there from the start."""
        super().__init__(on)
        self.leave(2, True, 100)
        self.send_rest(0)
        self.ask_somebody(True)

    # Hand-overs.

    @precondition(lambda self: len(self.left) < 4)
    @rule(parts=st.integers(2, 3), right=RIGHT, size=st.sampled_from([100, 400, 2_000]))
    def leave(self, parts: int, right: bool, size: int) -> None:
        """Announce a pack, twice: the answer may have been lost."""
        self.made += 1
        number = (self.keeper.identity.diary, self.made)
        one = id_text(bytes_of("handover", *number)[:16])
        sealed = [handover_part(one, i, parts, bytes(size)) for i in range(parts)]
        made = Left(
            one, b64(bytes_of("name", *number)[:16]), b64(bytes_of("auth", *number)), sealed, self.box.now + SECOND
        )
        body = {
            "diary": self.keeper.identity.diary,
            "handover": one,
            "kdf": handover_kdf(),
            "name": made.name,
            "auth": made.auth,
        }
        body |= {"parts": parts, "size": made.size}
        answer = self.ask("POST", "/v1/handovers", body, x_proof=self.keeper.proof if right else b64(bytes(32)))
        if not right:
            assert (answer.status, answer.code) == (401, "no_match")
        elif self.room() + made.size > QUOTA:
            assert (answer.status, answer.code) == (413, "over_quota")
        else:
            assert answer.status == 201 and answer.body["expires_at"] == made.made_at + LASTS
            assert self.ask("POST", "/v1/handovers", body, x_proof=self.keeper.proof) == answer
            self.left.append(made)

    @precondition(lambda self: self.left)
    @rule(which=ONE, i=st.integers(0, 3))
    def put_part(self, which: int, i: int) -> None:
        """A part of it, or one more than there are."""
        one = self.left[which % len(self.left)]
        raw = one.parts[i] if i < len(one.parts) else b"no part"
        answer = self.ask("PUT", f"/v1/handovers/{one.id}/parts/{i}", raw)
        if one.gone or i >= len(one.parts):
            assert answer.status == 404, answer
        else:
            assert answer.status == 204, answer
            one.have[i] = raw

    @precondition(lambda self: self.left)
    @rule(which=ONE)
    def send_rest(self, which: int) -> None:
        """All that is lacking, and then complete."""
        one = self.left[which % len(self.left)]
        if one.gone:
            return
        for i, raw in enumerate(one.parts):
            assert self.ask("PUT", f"/v1/handovers/{one.id}/parts/{i}", raw).status == 204
            one.have[i] = raw
        assert self.ask("POST", f"/v1/handovers/{one.id}/complete", {"digest": whole_digest(one.parts)}).status == 204
        one.complete = True

    @precondition(lambda self: self.left)
    @rule(which=ONE, right=RIGHT)
    def open(self, which: int, right: bool) -> None:
        """Somebody types the eight words, right or wrong: five openings, and every refusal is one answer."""
        one = self.left[which % len(self.left)]
        may = self.may_try(one.name)
        body = {"name": one.name, "auth": one.auth if right else b64(bytes(32))}
        answer = self.box.ask(self.desk, "POST", "/v1/handover/openings", body)
        if not may:
            assert (answer.status, answer.code) == (429, "try_later")
        elif right and one.complete and not one.gone and not one.is_over(self.box.now) and len(one.openings) < OPENINGS:
            assert answer.status == 200 and (answer.body["handover"], answer.body["parts"]) == (one.id, len(one.parts))
            one.openings.append(self.box.now)
            one.tickets.append((answer.body["ticket"], self.box.now + TICKET))
        else:
            assert (answer.status, answer.code) == (401, "no_match")
            self.wrong[one.name].append(self.box.now)

    @precondition(lambda self: self.left)
    @rule(which=ONE, times=st.integers(4, 7))
    def open_often(self, which: int, times: int) -> None:
        """One after the other, from as many places."""
        for _ in range(times):
            self.desk = self.box.at_public()
            self.wrong = {}
            self.open(which, True)

    @precondition(lambda self: any(one.tickets for one in self.left))
    @rule(which=ONE, ticket=ONE, i=st.integers(0, 3))
    def fetch(self, which: int, ticket: int, i: int) -> None:
        """A part for a ticket that still holds."""
        opened = [one for one in self.left if one.tickets]
        one = opened[which % len(opened)]
        token, until = one.tickets[ticket % len(one.tickets)]
        answer = self.box.ask(self.desk, "GET", f"/v1/handover/parts/{i}", x_proof=token)
        if self.box.now >= until or one.is_over(self.box.now):
            assert (answer.status, answer.code) == (401, "no_match")
        else:
            assert answer == Told(200, one.parts[i]) if i < len(one.parts) else answer.status == 404

    @precondition(lambda self: self.left)
    @rule(which=ONE, right=RIGHT)
    def end(self, which: int, right: bool) -> None:
        """The keeper ends it: its room is free at once."""
        one = self.left[which % len(self.left)]
        proof = self.keeper.proof if right else b64(bytes(32))
        answer = self.ask("DELETE", f"/v1/handovers/{one.id}", x_proof=proof)
        if not right:
            assert (answer.status, answer.code) == (401, "no_match")
        elif one.ended_at is not None:
            assert answer.status == 404
        else:
            assert answer.status == 204
            one.ended_at, one.gone, self.given_up = self.box.now, True, 0

    # Witness codes.

    @precondition(lambda self: len(self.codes) < 4)
    @rule(right=RIGHT)
    def ask_somebody(self, right: bool) -> None:
        """The keeper makes a code."""
        self.made += 1
        number = (self.keeper.identity.diary, self.made)
        one = id_text(bytes_of("witness", *number)[:16])
        made = Code(one, b64(bytes_of("code", *number)[:16]), b64(asking_of(one, b"please")), self.box.now + SECOND)
        body = {"name": made.name, "sealed": made.sealed, "witness": one}
        proof = self.keeper.proof if right else b64(bytes(32))
        answer = self.ask("POST", f"{self.keeper.diary}/witnesses", body, x_proof=proof)
        if right:
            assert (answer.status, answer.body) == (201, {"expires_at": made.made_at + LASTS, "witness": one})
            self.codes.append(made)
        else:
            assert (answer.status, answer.code) == (401, "no_match")

    @precondition(lambda self: self.codes)
    @rule(which=ONE)
    def type_words(self, which: int) -> None:
        """Somebody types the nine words: what is asked, or that it is over."""
        one = self.codes[which % len(self.codes)]
        answer = self.box.ask(self.desk, "POST", "/v1/statement/code", {"name": one.name})
        assert answer.status == 200 and answer.body["over"] == one.is_over(self.box.now), answer
        assert answer.body["witness"] == one.id
        if not answer.body["over"]:
            assert answer.body["sealed"] == one.sealed
            one.ticket = (answer.body["ticket"], self.box.now + SENDING)
        else:
            assert "ticket" not in answer.body and "sealed" not in answer.body

    @precondition(lambda self: any(one.ticket[0] for one in self.codes))
    @rule(which=ONE, upload=st.integers(0, 1), size=st.sampled_from([50, 700, 2_500]))
    def announce_files(self, which: int, upload: int, size: int) -> None:
        """The witness begins to send files, or begins anew with others."""
        one = self.with_ticket(which)
        name = id_text(bytes_of("upload", one.id, upload)[:16])
        sealed = [handover_part(name, i, 2, bytes([upload]) * size) for i in range(2)]
        told = {"parts": 2, "size": sum(map(len, sealed))}
        answer = self.box.ask(self.desk, "PUT", f"/v1/statement/files/{name}", told, x_proof=one.ticket[0])
        if self.refused(one, answer):
            return
        self.given_up = 0
        # What an earlier try had sent is given up first, whatever comes of this one.
        before = one.upload if one.upload and one.upload[0] == name else None
        if one.upload and before is None:
            one.upload, one.have = None, {}
        held = sum(map(len, before[1])) if before else 0
        if self.room() - held + told["size"] > QUOTA:
            assert (answer.status, answer.code) == (413, "over_quota")
            return
        assert answer.status == 204, answer
        if before and sum(map(len, one.have.values())) > told["size"]:
            one.have = {}
        one.upload = (name, sealed)

    @precondition(lambda self: any(one.upload and one.ticket[0] for one in self.codes))
    @rule(which=ONE)
    def send_files(self, which: int) -> None:
        """Every part of them."""
        sending = [one for one in self.codes if one.upload and one.ticket[0]]
        one = sending[which % len(sending)]
        if one.upload is None:
            return
        for i, raw in enumerate(one.upload[1]):
            path = f"/v1/statement/files/{one.upload[0]}/parts/{i}"
            answer = self.box.ask(self.desk, "PUT", path, raw, x_proof=one.ticket[0])
            if self.refused(one, answer):
                return
            held = sum(len(part) for at, part in one.have.items() if at != i) + len(raw)
            if held > sum(map(len, one.upload[1])):
                assert answer.status == 413
                return
            assert answer.status == 204, answer
            one.have[i] = raw

    @precondition(lambda self: any(one.ticket[0] for one in self.codes))
    @rule(which=ONE, files=st.booleans(), text=st.integers(0, 1))
    def send(self, which: int, files: bool, text: int) -> None:
        """The statement, with its files or without."""
        one = self.with_ticket(which)
        envelope = statement_of(one.id, bytes([text]) * 200)
        sent = [envelope]
        if files and one.upload:
            sent += [unb64(one.upload[0]), unb64(whole_digest(one.upload[1]))]
        answer = self.box.ask(self.desk, "PUT", "/v1/statement", frames(sent), x_proof=one.ticket[0])
        if self.box.now < one.ticket[1] and one.statement == envelope:
            assert answer.status == 204
            return
        if self.refused(one, answer):
            return
        if len(sent) > 1 and len(one.have) < 2:
            assert (answer.status, answer.code) == (409, "incomplete")
            return
        if len(sent) > 1 and one.upload and [one.have[0], one.have[1]] != one.upload[1]:
            assert (answer.status, answer.code) == (409, "digest")
            one.have = {}
            return
        assert answer.status == 204, answer
        one.statement, one.answered_at = envelope, self.box.now
        if len(sent) == 1 and one.upload:
            self.given_up += sum(map(len, one.upload[1]))
            one.upload, one.have = None, {}

    @precondition(lambda self: self.codes)
    @rule(which=ONE)
    def take_in(self, which: int) -> None:
        """What came has become the keeper's."""
        one = self.codes[which % len(self.codes)]
        answer = self.ask("POST", f"{self.keeper.diary}/witnesses/{one.id}/taken")
        assert answer.status == (404 if one.statement is None else 204)
        if one.statement is not None:
            one.taken_at = one.taken_at or self.box.now

    @precondition(lambda self: self.codes)
    @rule(which=ONE, right=RIGHT)
    def remove(self, which: int, right: bool) -> None:
        """The keeper ends a code, or drops what came."""
        one = self.codes[which % len(self.codes)]
        proof = self.keeper.proof if right else b64(bytes(32))
        answer = self.ask("DELETE", f"{self.keeper.diary}/witnesses/{one.id}", x_proof=proof)
        assert answer.status == (204 if right else 401)
        if right:
            self.codes.remove(one)
            self.given_up = 0
            again = self.box.ask(self.desk, "POST", "/v1/statement/code", {"name": one.name})
            assert (again.status, again.code) == (401, "no_match")

    @rule(ms=st.sampled_from([HOUR, 3 * HOUR, DAY, 13 * DAY, 15 * DAY, 29 * DAY]))
    def time_passes(self, ms: int) -> None:
        """And the server does its hourly work."""
        self.box.pass_time(ms)
        at = self.box.hourly()
        for handed in list(self.left):
            if not handed.complete and not handed.gone and handed.made_at <= at - UNFINISHED:
                handed.gone = True
                if at < handed.made_at + LASTS:
                    handed.ended_at = at
            if at >= handed.made_at + LASTS:
                handed.gone = True
            if at >= handed.made_at + LASTS + KEPT:
                self.left.remove(handed)
        for code in list(self.codes):
            unused = code.answered_at is None and code.made_at + LASTS <= at - KEPT
            if unused or (code.taken_at is not None and code.taken_at <= at - KEPT):
                self.codes.remove(code)
        self.given_up = 0
        for one in (self.keeper, self.other):
            self.box.sign_in_again(one)

    @rule(which=ONE)
    def somebody_else_finds_nothing(self, which: int) -> None:
        """With an account of their own: 404, and nothing changes."""
        asked: list[tuple[str, str, Any]] = [("GET", f"{self.keeper.diary}/witnesses", None)]
        if self.left:
            one = self.left[which % len(self.left)]
            asked += [
                ("DELETE", f"/v1/handovers/{one.id}", None),
                ("PUT", f"/v1/handovers/{one.id}/parts/0", one.parts[0]),
            ]
        if self.codes:
            code = self.codes[which % len(self.codes)]
            asked += [("DELETE", f"{self.keeper.diary}/witnesses/{code.id}", None)]
            asked += [("DELETE", f"{self.other.diary}/witnesses/{code.id}", None)]
            asked += [("POST", f"{self.other.diary}/witnesses/{code.id}/taken", None)]
        for method, path, body in asked:
            answer = self.box.ask(self.other, method, path, body, x_proof=self.other.proof)
            assert answer.status == 404, (method, path, answer)
        assert self.box.ask(self.other, "GET", "/v1/handovers").body["handovers"] == []
        assert self.box.ask(self.other, "GET", "/v1/usage").body["used_bytes"] == 0


@lengths(short=(10, 25), long=(100, 40))
def test_handovers_and_witness_codes(
    tmp_path: Path, database_setting: dict[str, str], examples: int, steps: int
) -> None:
    """Requests at random: who has the words gets what was left, as often and as long as was said, and nobody else."""
    with box(tmp_path, DIARY_QUOTA_BYTES=str(QUOTA), **database_setting) as made:
        play(lambda: Spoken(made), examples=examples, steps=steps)
