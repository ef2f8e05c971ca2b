"""log.json: the tree, proofs, signed notes and key statements, valid and invalid."""

import base64
import hashlib
from typing import Any

from diary.crypto.signing import Ed25519Signer
from diary.encoding import b64
from diary.ledger import checkpoints, cosignatures, key_statements, leaves, tree
from diary.ledger.signed_objects import JsonObject
from tests.vectors.reference import fixed_bytes

Case = dict[str, object]
NOTARY_KEY, SECOND_KEY, THIRD_KEY, INSTANCE_KEY = (
    Ed25519Signer(fixed_bytes(f"{name} seed", 32)) for name in ("notary", "second", "third", "instance")
)
COSIGNERS = tuple(Ed25519Signer(fixed_bytes(f"log witness {n} seed", 32)) for n in range(2))
LOG_WITNESSES = tuple(
    cosignatures.LogWitness(name, key.pub)
    for name, key in zip(("witness.example/w1", "oid/1.2.3"), COSIGNERS, strict=True)
)
LOG_SIZES = (1, 2, 3, 4, 7, 8, 11)


def log_vectors() -> Case:
    """Return log.json."""
    leaf_inputs = [
        {"c": b64(fixed_bytes(f"c {n}", 32)), "n": b64(fixed_bytes(f"n {n}", 16)), "ts": 1_790_000_000_000 + n}
        for n in range(11)
    ]
    leaf_hashes = [
        leaves.receipt_leaf(
            commitment=str(leaf_input["c"]), number=str(leaf_input["n"]), timestamp_ms=int(str(leaf_input["ts"]))
        )
        for leaf_input in leaf_inputs
    ]
    nodes = tree.compute_new_nodes(0, leaf_hashes, lambda level, i: nodes[level, i]) | {
        (0, i): leaf for i, leaf in enumerate(leaf_hashes)
    }

    def node(level: int, i: int) -> bytes:
        return nodes[level, i]

    roots = {size: b64(tree.root_hash(size, node)) for size in LOG_SIZES}
    inclusion = [
        {
            "i": i,
            "leaf": b64(leaf_hashes[i]),
            "path": path_as_text(tree.inclusion_proof(i, size, node)),
            "root": roots[size],
            "size": size,
        }
        for size in LOG_SIZES
        for i in range(size)
    ]
    consistency = [
        {
            "newer": newer,
            "older": older,
            "path": path_as_text(tree.consistency_proof(older, newer, node)),
            "roots": [roots[older], roots[newer]],
        }
        for newer in LOG_SIZES
        for older in LOG_SIZES
        if older <= newer
    ]
    return {
        "about": "RFC 6962 over leaves of receipts; C2SP signed notes; statements signed by the instance key.",
        "keys": {
            "instance": b64(INSTANCE_KEY.pub),
            "notary": b64(NOTARY_KEY.pub),
            "second": b64(SECOND_KEY.pub),
            "third": b64(THIRD_KEY.pub),
        },
        "leaves": [leaf_input | {"leaf": b64(leaf)} for leaf_input, leaf in zip(leaf_inputs, leaf_hashes, strict=True)],
        "inclusion": inclusion,
        "refused_inclusion": [
            {"name": name} | inclusion[-3] | change for name, change in altered_inclusion_proofs(inclusion).items()
        ],
        "consistency": consistency,
        "refused_consistency": [
            {"name": name} | consistency[-2] | change for name, change in altered_consistency_proofs(roots).items()
        ],
        "notes": [
            {
                "note": checkpoints.sign_checkpoint(NOTARY_KEY, size, tree.root_hash(size, node)).decode(),
                "root": roots[size],
                "size": size,
            }
            for size in LOG_SIZES
        ],
        "refused_notes": invalid_notes(tree.root_hash(11, node)),
        "witnesses": [{"name": leaf_input.name, "pub": b64(leaf_input.pub)} for leaf_input in LOG_WITNESSES],
        "joined_notes": notes_with_more_lines(tree.root_hash(11, node)),
        "refused_cosignatures": invalid_cosignatures(tree.root_hash(11, node)),
        **statement_chains(roots[7]),
    }


def path_as_text(steps: list[bytes]) -> list[str]:
    """Return steps as text."""
    return [b64(step) for step in steps]


def altered_inclusion_proofs(valid_proofs: list[Case]) -> dict[str, Case]:
    """Return alterations that invalidate any inclusion proof."""
    valid_path: Any = valid_proofs[-3]["path"]
    path = list(valid_path)
    return {
        "another leaf": {"leaf": valid_proofs[0]["leaf"]},
        "the next place": {"i": 9},
        "a place outside": {"i": 11},
        "a smaller log": {"size": 8},
        "a step less": {"path": path[:-1]},
        "a step more": {"path": [*path, path[0]]},
        "steps exchanged": {"path": [path[1], path[0], *path[2:]]},
        "a step cut short": {"path": [b64(bytes(31)), *path[1:]]},
        "another root": {"root": valid_proofs[0]["root"]},
    }


def altered_consistency_proofs(roots: dict[int, str]) -> dict[str, Case]:
    """Return alterations that invalidate any consistency proof; the case is from 8 to 11."""
    return {
        "another older root": {"roots": [roots[7], roots[11]]},
        "another newer root": {"roots": [roots[8], roots[7]]},
        "no steps": {"path": []},
        "another older size": {"older": 7},
        "the wrong way round": {"older": 11, "newer": 8},
        "from nothing": {"older": 0},
        "the same size, another root": {"older": 11, "path": []},
    }


def invalid_notes(root: bytes) -> list[Case]:
    """Return notes that are invalid under the notary's key."""
    valid_note = checkpoints.sign_checkpoint(NOTARY_KEY, 11, root).decode()
    other_note = checkpoints.sign_checkpoint(SECOND_KEY, 11, root).decode()
    lines = valid_note.split("\n")
    cases = {
        "another size": valid_note.replace("\n11\n", "\n12\n"),
        "a size with a zero before it": valid_note.replace("\n11\n", "\n011\n"),
        "another root": valid_note.replace(
            lines[2], checkpoints.sign_checkpoint(NOTARY_KEY, 11, bytes(32)).decode().split("\n")[2]
        ),
        "another notary": other_note,
        "another notary in this one's name": other_note.replace(SECOND_KEY.log_id, NOTARY_KEY.log_id),
        "another notary's signature": valid_note.replace(
            lines[4], other_note.split("\n")[4].replace(SECOND_KEY.log_id, NOTARY_KEY.log_id)
        ),
        "a line more": valid_note.replace("\n\n", "\nmore\n\n"),
        "no end of line": valid_note[:-1],
        "two signatures, one wrong": valid_note
        + lines[4][:-3]
        + ("A" if lines[4][-3] != "A" else "B")
        + lines[4][-2:]
        + "\n",
        "sixteen lines after the notary's": valid_note + 16 * unknown_signature_line(),
        "64 KiB and one byte": valid_note + line_filling_note(valid_note, 1),
        "a line without a name": valid_note + unknown_signature_line().replace("log.example/other", ""),
        "a line with a space in its name": valid_note + unknown_signature_line().replace("/other", " other"),
        "a line with a plus in its name": valid_note + unknown_signature_line().replace("/other", "+other"),
        "a line of four bytes": valid_note + "\u2014 log.example/other AAAAAA==\n",
        "a line that is not base64": valid_note + "\u2014 log.example/other AAAA-AAA\n",
        "a line in another spelling of base64": valid_note + "\u2014 log.example/other AAAAAAB=\n",
        "an empty line among the signatures": valid_note + "\n" + unknown_signature_line(),
        "a line with two hyphens for the dash": valid_note + unknown_signature_line().replace("\u2014", "--"),
        "only others' lines": valid_note.replace(lines[4] + "\n", unknown_signature_line()),
        "nothing": "",
    }
    return [{"name": name, "note": note} for name, note in cases.items()]


def unknown_signature_line() -> str:
    """Return a line by an unknown key."""
    return f"\u2014 log.example/other {base64.b64encode(fixed_bytes('another line', 68)).decode()}\n"


def line_filling_note(valid_note: str, extra_bytes: int) -> str:
    """Return a stranger's line that makes a note 64 KiB long, plus `extra_bytes`."""
    empty = len("\u2014  AAAAAAAA\n".encode())
    return f"\u2014 {(checkpoints.NOTE_LIMIT_BYTES + extra_bytes - len(valid_note.encode()) - empty) * 'n'} AAAAAAAA\n"


def notes_with_more_lines(root: bytes) -> list[Case]:
    """Return valid notes with more lines than the notary's.

    `one`: what a timestamp covers; `seen`: the known witnesses in them.
    """
    valid_note = checkpoints.sign_checkpoint(NOTARY_KEY, 11, root).decode()
    notary_line = valid_note.split("\n")[4] + "\n"
    text = valid_note.split("\n\n")[0] + "\n"
    first, second = (cosignature_line(text, n, 1_790_000_100 + n) for n in (0, 1))
    later_cosignature = cosignature_line(text, 0, 1_790_009_999)
    cases = {
        "a line of a key nobody knows": valid_note + unknown_signature_line(),
        "a stranger before the notary": valid_note.replace(notary_line, unknown_signature_line() + notary_line),
        "fifteen more": valid_note + 15 * unknown_signature_line(),
        "64 KiB": valid_note + line_filling_note(valid_note, 0),
        "the notary twice": valid_note + notary_line,
        "a name in another script": valid_note + unknown_signature_line().replace("other", "\u0438\u043c\u044f\u0663"),
        "one witness": valid_note + first,
        "two witnesses and a stranger": valid_note + second + unknown_signature_line() + first,
        "one witness twice": valid_note + first + later_cosignature,
        "a witness's name with another key": valid_note
        + unknown_signature_line().replace("log.example/other", LOG_WITNESSES[0].name),
    }
    return [
        {
            "name": name,
            "note": note,
            "one": checkpoints.strip_cosignatures(note.encode()).decode(),
            "seen": [
                [cosignature.witness_name, cosignature.at_seconds]
                for cosignature in cosignatures.verified_cosignatures(note.encode(), LOG_WITNESSES)
            ],
            "size": 11,
        }
        for name, note in cases.items()
    ]


def cosignature_line(text: str, n: int, at: int) -> str:
    """Return the line of one of the witnesses."""
    return checkpoints.format_signature_line(cosignatures.cosign(COSIGNERS[n], LOG_WITNESSES[n].name, text, at))


def invalid_cosignatures(root: bytes) -> list[Case]:
    """Return notes with an invalid line in a known witness's name: the whole note is refused."""
    valid_note = checkpoints.sign_checkpoint(NOTARY_KEY, 11, root).decode()
    text = valid_note.split("\n\n")[0] + "\n"
    name = LOG_WITNESSES[0].name
    line = cosignatures.cosign(COSIGNERS[0], name, text, 1_790_000_100)

    def with_line(signature: bytes) -> str:
        return valid_note + checkpoints.format_signature_line(checkpoints.SignatureLine(name, line.key_hash, signature))

    cases = {
        "over another size": valid_note + cosignature_line(text.replace("\n11\n", "\n12\n"), 0, 1_790_000_100),
        "another time": with_line((1_790_000_101).to_bytes(8, "big") + line.signature[8:]),
        "a time past the last": with_line((2**63).to_bytes(8, "big") + line.signature[8:]),
        "cut short": with_line(line.signature[:-1]),
        "no time": with_line(line.signature[8:]),
        "one that holds and one that does not": valid_note
        + cosignature_line(text, 0, 5)
        + with_line(bytes(72)).removeprefix(valid_note),
        "plainly signed, not as a witness": with_line(bytes(8) + COSIGNERS[0].sign(text.encode())),
    }
    return [{"name": name, "note": note} for name, note in cases.items()]


def statement_chains(root: str) -> Case:
    """Return valid chains with the range of each key, and invalid chains."""
    last = {"root": root, "size": 7}

    def follow(before: list[JsonObject], key: Ed25519Signer, why: key_statements.ReplacementReason) -> list[JsonObject]:
        ts = 1_790_000_000_000 + len(before)
        wished = key_statements.draft_statement(key.pub, before, why, ts, None if why == "first" else last)
        return [*before, key_statements.sign_statement(INSTANCE_KEY, wished)]

    first = follow([], NOTARY_KEY, "first")
    chains = {
        "one key": first,
        "rotated, then lost": follow(follow(first, SECOND_KEY, "rotated"), THIRD_KEY, "lost"),
        "exposed": follow(first, SECOND_KEY, "exposed"),
    }
    long_chain = chains["rotated, then lost"]
    other_statement = key_statements.sign_statement(
        SECOND_KEY, key_statements.draft_statement(NOTARY_KEY.pub, [], "first", 5, None)
    )
    invalid_chains = {
        "by another instance key": [other_statement],
        "the first left out": long_chain[1:],
        "one left out": [long_chain[0], long_chain[2]],
        "twice": [long_chain[0], *long_chain],
        "reordered": [long_chain[0], long_chain[2], long_chain[1]],
        "a changed time": [long_chain[0] | {"from": 1}],
        "a field more": [long_chain[0] | {"more": 1}],
        "a key that came before": follow(long_chain, NOTARY_KEY, "rotated"),
    }
    return {
        "chains": [
            {
                "keys": [
                    {"below": key.leaf_limit, "log": key.log_id}
                    for key in key_statements.verify_chain(key_chain, INSTANCE_KEY.pub)
                ],
                "name": name,
                "statements": key_chain,
            }
            for name, key_chain in chains.items()
        ],
        "refused_chains": [{"name": name, "statements": key_chain} for name, key_chain in invalid_chains.items()],
        "digest": hashlib.sha256(b"".join(str(statement["sig"]).encode() for statement in long_chain)).hexdigest(),
    }
