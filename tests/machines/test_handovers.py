"""Handovers and witness codes at random: how often each opens, and for whom. The model is in handovers_model.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.machines.handovers_model import (
    HANDOVER_LIFE_MS,
    QUOTA_BYTES,
    HandoverModel,
    WitnessCodeModel,
    WordsModel,
    derived_bytes,
)
from tests.machines.server_box import (
    DAY_MS,
    HOUR_MS,
    SECOND_MS,
    ServerAnswer,
    ServerBox,
    b64,
    encode_frames,
    file_digest,
    handover_kdf,
    handover_part,
    id_text,
    parametrize_lengths,
    run_machine,
    running_box,
    sealed_witness_request,
    sealed_witness_statement,
    unb64,
)  # fmt: skip

UNFINISHED_KEPT_MS, STATEMENT_KEPT_MS = DAY_MS, 30 * DAY_MS
TICKET_LIFE_MS, SENDING_LIFE_MS = 6 * HOUR_MS, 2 * HOUR_MS
OPENINGS_LIMIT = 5
ITEM_INDEX = st.integers(0, 9)
MOSTLY_TRUE = st.sampled_from([True, True, False])


class WordsMachine(WordsModel):
    """Actions of a keeper, another one and people on the public host."""

    def __init__(self, server_box: ServerBox) -> None:
        """Start with a handover and a code on `server_box`."""
        super().__init__(server_box)
        self.announce_handover(2, True, 100)
        self.send_remaining_parts(0)
        self.create_witness_code(True)

    # Handovers.

    @precondition(lambda self: len(self.handovers) < 4)
    @rule(parts=st.integers(2, 3), right=MOSTLY_TRUE, size=st.sampled_from([100, 400, 2_000]))
    def announce_handover(self, parts: int, right: bool, size: int) -> None:
        """Announce a pack, with the request sent twice: the answer may have been lost."""
        self.ids_made += 1
        number = (self.keeper.identity.diary, self.ids_made)
        handover_id = id_text(derived_bytes("handover", *number)[:16])
        sealed = [handover_part(handover_id, i, parts, bytes(size)) for i in range(parts)]
        handover = HandoverModel(
            handover_id,
            b64(derived_bytes("name", *number)[:16]),
            b64(derived_bytes("auth", *number)),
            sealed,
            self.server_box.now_ms + SECOND_MS,
        )
        body = {
            "diary": self.keeper.identity.diary,
            "handover": handover_id,
            "kdf": handover_kdf(),
            "name": handover.name,
            "auth": handover.auth,
            "parts": parts,
            "size": handover.size,
        }
        answer = self.request("POST", "/v1/handovers", body, x_proof=self.keeper.proof if right else b64(bytes(32)))
        if not right:
            assert (answer.status, answer.code) == (401, "no_match")
        elif self.used_bytes() + handover.size > QUOTA_BYTES:
            assert (answer.status, answer.code) == (413, "over_quota")
        else:
            assert answer.status == 201 and answer.body["expires_at"] == handover.made_at + HANDOVER_LIFE_MS
            assert self.request("POST", "/v1/handovers", body, x_proof=self.keeper.proof) == answer
            self.handovers.append(handover)

    @precondition(lambda self: self.handovers)
    @rule(which=ITEM_INDEX, i=st.integers(0, 3))
    def put_part(self, which: int, i: int) -> None:
        """Send a part, or one beyond the last."""
        handover = self.handovers[which % len(self.handovers)]
        raw = handover.parts[i] if i < len(handover.parts) else b"no part"
        answer = self.request("PUT", f"/v1/handovers/{handover.id}/parts/{i}", raw)
        if handover.is_removed or i >= len(handover.parts):
            assert answer.status == 404, answer
        else:
            assert answer.status == 204, answer
            handover.received_parts[i] = raw

    @precondition(lambda self: self.handovers)
    @rule(which=ITEM_INDEX)
    def send_remaining_parts(self, which: int) -> None:
        """Send all missing parts, then complete."""
        handover = self.handovers[which % len(self.handovers)]
        if handover.is_removed:
            return
        for i, raw in enumerate(handover.parts):
            assert self.request("PUT", f"/v1/handovers/{handover.id}/parts/{i}", raw).status == 204
            handover.received_parts[i] = raw
        assert (
            self.request(
                "POST", f"/v1/handovers/{handover.id}/complete", {"digest": file_digest(handover.parts)}
            ).status
            == 204
        )
        handover.complete = True

    @precondition(lambda self: self.handovers)
    @rule(which=ITEM_INDEX, right=MOSTLY_TRUE)
    def open_handover(self, which: int, right: bool) -> None:
        """Enter the eight words, right or wrong: five openings are allowed, and every refusal is the same."""
        handover = self.handovers[which % len(self.handovers)]
        is_allowed = self.is_try_allowed(handover.name)
        body = {"name": handover.name, "auth": handover.auth if right else b64(bytes(32))}
        answer = self.server_box.request(self.desk, "POST", "/v1/handover/openings", body)
        if not is_allowed:
            assert (answer.status, answer.code) == (429, "try_later")
        elif (
            right
            and handover.complete
            and not handover.is_removed
            and not handover.is_over(self.server_box.now_ms)
            and len(handover.openings) < OPENINGS_LIMIT
        ):
            assert answer.status == 200 and (answer.body["handover"], answer.body["parts"]) == (
                handover.id,
                len(handover.parts),
            )
            handover.openings.append(self.server_box.now_ms)
            handover.tickets.append((answer.body["ticket"], self.server_box.now_ms + TICKET_LIFE_MS))
        else:
            assert (answer.status, answer.code) == (401, "no_match")
            self.wrong_tries[handover.name].append(self.server_box.now_ms)

    @precondition(lambda self: self.handovers)
    @rule(which=ITEM_INDEX, times=st.integers(4, 7))
    def open_repeatedly(self, which: int, times: int) -> None:
        """Open repeatedly, from different addresses."""
        for _ in range(times):
            self.desk = self.server_box.new_public_phone()
            self.wrong_tries = {}
            self.open_handover(which, True)

    @precondition(lambda self: any(one.tickets for one in self.handovers))
    @rule(which=ITEM_INDEX, ticket=ITEM_INDEX, i=st.integers(0, 3))
    def fetch_part(self, which: int, ticket: int, i: int) -> None:
        """Fetch a part with a valid ticket."""
        opened = [handover for handover in self.handovers if handover.tickets]
        handover = opened[which % len(opened)]
        token, expires_at = handover.tickets[ticket % len(handover.tickets)]
        answer = self.server_box.request(self.desk, "GET", f"/v1/handover/parts/{i}", x_proof=token)
        if self.server_box.now_ms >= expires_at or handover.is_over(self.server_box.now_ms):
            assert (answer.status, answer.code) == (401, "no_match")
        else:
            assert answer == ServerAnswer(200, handover.parts[i]) if i < len(handover.parts) else answer.status == 404

    @precondition(lambda self: self.handovers)
    @rule(which=ITEM_INDEX, right=MOSTLY_TRUE)
    def end_handover(self, which: int, right: bool) -> None:
        """End a handover as the keeper; its quota is freed at once."""
        handover = self.handovers[which % len(self.handovers)]
        proof = self.keeper.proof if right else b64(bytes(32))
        answer = self.request("DELETE", f"/v1/handovers/{handover.id}", x_proof=proof)
        if not right:
            assert (answer.status, answer.code) == (401, "no_match")
        elif handover.ended_at is not None:
            assert answer.status == 404
        else:
            assert answer.status == 204
            handover.ended_at, handover.is_removed, self.abandoned_count = self.server_box.now_ms, True, 0

    # Witness codes.

    @precondition(lambda self: len(self.codes) < 4)
    @rule(right=MOSTLY_TRUE)
    def create_witness_code(self, right: bool) -> None:
        """Create a code as the keeper."""
        self.ids_made += 1
        number = (self.keeper.identity.diary, self.ids_made)
        code_id = id_text(derived_bytes("witness", *number)[:16])
        code = WitnessCodeModel(
            code_id,
            b64(derived_bytes("code", *number)[:16]),
            b64(sealed_witness_request(code_id, b"please")),
            self.server_box.now_ms + SECOND_MS,
        )
        body = {"name": code.name, "sealed": code.sealed, "witness": code_id}
        proof = self.keeper.proof if right else b64(bytes(32))
        answer = self.request("POST", f"{self.keeper.diary}/witnesses", body, x_proof=proof)
        if right:
            assert (answer.status, answer.body) == (
                201,
                {"expires_at": code.made_at + HANDOVER_LIFE_MS, "witness": code_id},
            )
            self.codes.append(code)
        else:
            assert (answer.status, answer.code) == (401, "no_match")

    @precondition(lambda self: self.codes)
    @rule(which=ITEM_INDEX)
    def type_words(self, which: int) -> None:
        """Enter the nine words: the request is returned, or the code is over."""
        code = self.codes[which % len(self.codes)]
        answer = self.server_box.request(self.desk, "POST", "/v1/statement/code", {"name": code.name})
        assert answer.status == 200 and answer.body["over"] == code.is_over(self.server_box.now_ms), answer
        assert answer.body["witness"] == code.id
        if not answer.body["over"]:
            assert answer.body["sealed"] == code.sealed
            code.ticket = (answer.body["ticket"], self.server_box.now_ms + SENDING_LIFE_MS)
        else:
            assert "ticket" not in answer.body and "sealed" not in answer.body

    @precondition(lambda self: any(one.ticket[0] for one in self.codes))
    @rule(which=ITEM_INDEX, upload=st.integers(0, 1), size=st.sampled_from([50, 700, 2_500]))
    def announce_files(self, which: int, upload: int, size: int) -> None:
        """Start sending files as the witness, or start again with others."""
        code = self.code_with_ticket(which)
        name = id_text(derived_bytes("upload", code.id, upload)[:16])
        sealed = [handover_part(name, i, 2, bytes([upload]) * size) for i in range(2)]
        declaration = {"parts": 2, "size": sum(map(len, sealed))}
        answer = self.server_box.request(
            self.desk, "PUT", f"/v1/statement/files/{name}", declaration, x_proof=code.ticket[0]
        )
        if self.is_refused(code, answer):
            return
        self.abandoned_count = 0
        # What an earlier try had sent is dropped first, even if this try fails.
        before = code.upload if code.upload and code.upload[0] == name else None
        if code.upload and before is None:
            code.upload, code.received_parts = None, {}
        bytes_before = sum(map(len, before[1])) if before else 0
        if self.used_bytes() - bytes_before + declaration["size"] > QUOTA_BYTES:
            assert (answer.status, answer.code) == (413, "over_quota")
            return
        assert answer.status == 204, answer
        if before and sum(map(len, code.received_parts.values())) > declaration["size"]:
            code.received_parts = {}
        code.upload = (name, sealed)

    @precondition(lambda self: any(one.upload and one.ticket[0] for one in self.codes))
    @rule(which=ITEM_INDEX)
    def send_files(self, which: int) -> None:
        """Send every part of the files."""
        codes_sending = [code for code in self.codes if code.upload and code.ticket[0]]
        code = codes_sending[which % len(codes_sending)]
        if code.upload is None:
            return
        for i, raw in enumerate(code.upload[1]):
            path = f"/v1/statement/files/{code.upload[0]}/parts/{i}"
            answer = self.server_box.request(self.desk, "PUT", path, raw, x_proof=code.ticket[0])
            if self.is_refused(code, answer):
                return
            bytes_after = sum(len(part) for at, part in code.received_parts.items() if at != i) + len(raw)
            if bytes_after > sum(map(len, code.upload[1])):
                assert answer.status == 413
                return
            assert answer.status == 204, answer
            code.received_parts[i] = raw

    @precondition(lambda self: any(one.ticket[0] for one in self.codes))
    @rule(which=ITEM_INDEX, files=st.booleans(), text=st.integers(0, 1))
    def send_statement(self, which: int, files: bool, text: int) -> None:
        """Send the statement, with or without its files."""
        code = self.code_with_ticket(which)
        envelope = sealed_witness_statement(code.id, bytes([text]) * 200)
        sent = [envelope]
        if files and code.upload:
            sent += [unb64(code.upload[0]), unb64(file_digest(code.upload[1]))]
        answer = self.server_box.request(self.desk, "PUT", "/v1/statement", encode_frames(sent), x_proof=code.ticket[0])
        if self.server_box.now_ms < code.ticket[1] and code.statement == envelope:
            assert answer.status == 204
            return
        if self.is_refused(code, answer):
            return
        if len(sent) > 1 and len(code.received_parts) < 2:
            assert (answer.status, answer.code) == (409, "incomplete")
            return
        if len(sent) > 1 and code.upload and [code.received_parts[0], code.received_parts[1]] != code.upload[1]:
            assert (answer.status, answer.code) == (409, "digest")
            code.received_parts = {}
            return
        assert answer.status == 204, answer
        code.statement, code.answered_at = envelope, self.server_box.now_ms
        if len(sent) == 1 and code.upload:
            self.abandoned_count += sum(map(len, code.upload[1]))
            code.upload, code.received_parts = None, {}

    @precondition(lambda self: self.codes)
    @rule(which=ITEM_INDEX)
    def take_statement_in(self, which: int) -> None:
        """Accept the statement as the keeper."""
        code = self.codes[which % len(self.codes)]
        answer = self.request("POST", f"{self.keeper.diary}/witnesses/{code.id}/taken")
        assert answer.status == (404 if code.statement is None else 204)
        if code.statement is not None:
            code.taken_at = code.taken_at or self.server_box.now_ms

    @precondition(lambda self: self.codes)
    @rule(which=ITEM_INDEX, right=MOSTLY_TRUE)
    def remove_code(self, which: int, right: bool) -> None:
        """End a code as the keeper, or delete what arrived."""
        code = self.codes[which % len(self.codes)]
        proof = self.keeper.proof if right else b64(bytes(32))
        answer = self.request("DELETE", f"{self.keeper.diary}/witnesses/{code.id}", x_proof=proof)
        assert answer.status == (204 if right else 401)
        if right:
            self.codes.remove(code)
            self.abandoned_count = 0
            second_answer = self.server_box.request(self.desk, "POST", "/v1/statement/code", {"name": code.name})
            assert (second_answer.status, second_answer.code) == (401, "no_match")

    @rule(ms=st.sampled_from([HOUR_MS, 3 * HOUR_MS, DAY_MS, 13 * DAY_MS, 15 * DAY_MS, 29 * DAY_MS]))
    def time_passes(self, ms: int) -> None:
        """Let time pass with the server's hourly work."""
        self.server_box.advance_clock(ms)
        at = self.server_box.run_hourly_work()
        for handover in list(self.handovers):
            if not handover.complete and not handover.is_removed and handover.made_at <= at - UNFINISHED_KEPT_MS:
                handover.is_removed = True
                if at < handover.made_at + HANDOVER_LIFE_MS:
                    handover.ended_at = at
            if at >= handover.made_at + HANDOVER_LIFE_MS:
                handover.is_removed = True
            if at >= handover.made_at + HANDOVER_LIFE_MS + STATEMENT_KEPT_MS:
                self.handovers.remove(handover)
        for code in list(self.codes):
            unused = code.answered_at is None and code.made_at + HANDOVER_LIFE_MS <= at - STATEMENT_KEPT_MS
            if unused or (code.taken_at is not None and code.taken_at <= at - STATEMENT_KEPT_MS):
                self.codes.remove(code)
        self.abandoned_count = 0
        for each_keeper in (self.keeper, self.other_keeper):
            self.server_box.sign_in_again(each_keeper)

    @rule(which=ITEM_INDEX)
    def check_other_keeper_sees_nothing(self, which: int) -> None:
        """Check that another account gets 404, and changes nothing."""
        requests: list[tuple[str, str, Any]] = [("GET", f"{self.keeper.diary}/witnesses", None)]
        if self.handovers:
            handover = self.handovers[which % len(self.handovers)]
            requests += [
                ("DELETE", f"/v1/handovers/{handover.id}", None),
                ("PUT", f"/v1/handovers/{handover.id}/parts/0", handover.parts[0]),
            ]
        if self.codes:
            code = self.codes[which % len(self.codes)]
            requests += [("DELETE", f"{self.keeper.diary}/witnesses/{code.id}", None)]
            requests += [("DELETE", f"{self.other_keeper.diary}/witnesses/{code.id}", None)]
            requests += [("POST", f"{self.other_keeper.diary}/witnesses/{code.id}/taken", None)]
        for method, path, body in requests:
            answer = self.server_box.request(self.other_keeper, method, path, body, x_proof=self.other_keeper.proof)
            assert answer.status == 404, (method, path, answer)
        assert self.server_box.request(self.other_keeper, "GET", "/v1/handovers").body["handovers"] == []
        assert self.server_box.request(self.other_keeper, "GET", "/v1/usage").body["used_bytes"] == 0


@parametrize_lengths(short=(10, 25), long=(100, 40))
def test_handovers_and_witness_codes_follow_the_model(
    tmp_path: Path, database_setting: dict[str, str], examples: int, steps: int
) -> None:
    """Over random requests, only people with the words get what was left, and only as often and as long as allowed."""
    with running_box(tmp_path, DIARY_QUOTA_BYTES=str(QUOTA_BYTES), **database_setting) as server_box:
        run_machine(lambda: WordsMachine(server_box), examples=examples, steps=steps)
