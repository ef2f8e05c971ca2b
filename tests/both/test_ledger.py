"""Commitments, heads, lines, notes and log proofs, intact and altered, give the same result in both languages."""

from __future__ import annotations

import base64
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from diary.encoding import b64
from diary.ledger import checkpoints, heads, lines, short_code, tree
from diary.ledger.commitments import FieldNames, all_field_digests, commitment
from diary.ledger.lines import ChainLink
from tests.both.node_process import NodeProcess, assert_same_answer, hypothesis_settings
from tests.both.test_encoding import SCALARS, VALUES

SEED = st.binary(min_size=32, max_size=32)
NAME = st.sampled_from(["narrative", "who", "count", "_clock", "_ids", "constructor"])
DIGEST = SEED.map(b64)
ID = st.binary(min_size=16, max_size=16).map(b64)


def test_commitments_agree(browser_code: NodeProcess, example_count: int) -> None:
    """Digests of every field and the commitment over them are the same, with a restricted part and without."""
    # No schema has a name in both parts, or a reserved name in the restricted part.
    names, others = (
        st.lists(NAME, unique=True, max_size=4),
        st.lists(st.sampled_from(["place_detail", "toString", "x"]), unique=True),
    )

    @hypothesis_settings(example_count)
    @given(
        names,
        others,
        st.dictionaries(NAME, VALUES, max_size=4),
        st.dictionaries(st.just("x"), SCALARS),
        SEED,
        SEED | st.none(),
    )
    def compare(
        open_: list[str],
        apart: list[str],
        fields: dict[str, Any],
        secret: dict[str, Any],
        seed: bytes,
        second: bytes | None,
    ) -> None:
        argument = {
            "names": {"open": open_, "restricted": apart},
            "open": fields,
            "restricted": secret,
            "seeds": [seed.hex(), second.hex() if second else None],
        }

        def work() -> object:
            digests = all_field_digests(FieldNames(tuple(open_), tuple(apart)), fields, seed, secret, second)
            return [digests, commitment(digests).hex()]

        assert_same_answer(browser_code, "commitment", argument, work)

    compare()


def test_heads_and_short_codes_agree(browser_code: NodeProcess, example_count: int) -> None:
    """The running head over a version and its six-character short code are the same."""

    @hypothesis_settings(example_count)
    @given(SEED, st.integers(1, 2**40), ID, ID, DIGEST, DIGEST, st.integers(0, 10_000))
    def compare(head: bytes, seq: int, record: str, version: str, c: str, env: str, entries: int) -> None:
        argument = {"seq": seq, "record": record, "version": version, "c": c, "env": env}
        assert_same_answer(
            browser_code,
            "head",
            argument | {"head": head.hex()},
            lambda: heads.next_head(
                head, seq=seq, record=record, version=version, commitment=c, envelopes_digest=env
            ).hex(),
        )
        account = {"entries": entries, "head": c, "seq": seq}
        assert_same_answer(
            browser_code, "short_code", account, lambda: short_code.short_code(entries=entries, head=c, seq=seq)
        )

    compare()


def test_device_lines_agree(browser_code: NodeProcess, example_count: int) -> None:
    """Links of several devices in any order are judged the same: numbers missing, repeated, or with a wrong link."""
    few = st.sampled_from(["a", "b", "c"])
    link = st.tuples(few, st.integers(1, 6), few | st.none(), few)

    @hypothesis_settings(example_count)
    @given(st.lists(link, max_size=10))
    def compare(links: list[tuple[str, int, str | None, str]]) -> None:
        argument = [{"device": device, "n": n, "prev": prev, "c": c} for device, n, prev, c in links]
        assert_same_answer(
            browser_code,
            "lines",
            argument,
            lambda: [
                [x.device, x.n, x.last, x.why] for x in lines.find_breaks(ChainLink(*compare) for compare in links)
            ],
        )

    compare()


def test_signed_notes_agree(browser_code: NodeProcess, example_count: int) -> None:
    """A checkpoint's note, intact or with a part replaced, is judged the same."""
    root = SEED.map(lambda raw: base64.b64encode(raw).decode())
    pieces = st.tuples(
        st.sampled_from(["kept/log", "x", "kept log", ""]),
        st.integers(0, 2**54) | st.sampled_from(["01", "+1", "1e3", " 1"]),
        root,
    )
    ends = st.sampled_from(
        [
            "\n\n— kept/log AAAAAAA=\n",
            "\n\n",
            "\n",
            "",
            "\n\n— k k\n",
            "\nmore\n\n— a bcde\n",
            "\r\n\n— kept/log AAAAAAAA\n",
        ]
    )
    valid_notes = st.tuples(pieces, ends).map(lambda told: "\n".join(map(str, told[0])) + told[1])
    changed_notes = st.tuples(valid_notes, st.integers(0, 80), st.sampled_from(["", "\n", " ", "—", "\x00", "=", "é"]))

    @hypothesis_settings(example_count)
    @given(
        valid_notes
        | changed_notes.map(lambda told: told[0][: told[1]] + told[2] + told[0][told[1] + 1 :])
        | st.text(max_size=30)
    )
    def compare(note: str) -> None:
        def work() -> object:
            checkpoint = checkpoints.parse_checkpoint(note.encode())
            return [checkpoint.size, checkpoint.root.hex()]

        assert_same_answer(browser_code, "note", note, work)

    compare()


def test_log_proofs_agree(browser_code: NodeProcess, example_count: int) -> None:
    """Inclusion and consistency proofs over random trees are judged the same: truncated, swapped or foreign paths too."""

    @hypothesis_settings(example_count)
    @given(st.integers(1, 40), st.integers(0, 40), st.integers(0, 41), st.integers(0, 4), st.data())
    def compare(size: int, i: int, older: int, bend: int, data: st.DataObject) -> None:
        leaves = [bytes([at]) * 32 for at in range(size)]
        nodes = tree.compute_new_nodes(0, leaves, lambda *_: b"") | {(0, at): leaf for at, leaf in enumerate(leaves)}
        node = lambda level, at: nodes[level, at]  # noqa: E731
        i, root = i % size, tree.root_hash(size, node)
        path = tree.inclusion_proof(i, size, node)
        older = max(1, min(older, size))
        steps = tree.consistency_proof(older, size, node)
        first = tree.root_hash(older, node)
        path, steps = changed_path(path, bend, data), changed_path(steps, bend, data)
        at = i if bend != 3 else data.draw(st.integers(-1, size + 1))
        argument = {
            "leaf": (bytes([i]) * 32).hex(),
            "i": at,
            "size": size,
            "path": [compare.hex() for compare in path],
            "root": root.hex(),
        }

        def is_included() -> bool:
            tree.verify_inclusion(bytes([i]) * 32, at, size, path, root)
            return True

        assert_same_answer(browser_code, "inclusion", argument, is_included)
        log_argument = {
            "older": [older, first.hex()],
            "newer": [size, root.hex()],
            "path": [compare.hex() for compare in steps],
        }

        def is_consistent() -> bool:
            tree.verify_consistency(older, size, (first, root), steps)
            return True

        assert_same_answer(browser_code, "consistency", log_argument, is_consistent)

    compare()


def changed_path(path: list[bytes], change: int, data: st.DataObject) -> list[bytes]:
    """Return a path unchanged, truncated, with an extra step, or with a step that is not 32 bytes."""
    if change == 1:
        return path[:-1]
    if change == 2:
        return [*path, data.draw(st.binary(min_size=31, max_size=32))]
    return path[::-1] if change == 4 else path
