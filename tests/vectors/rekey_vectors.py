"""rekey.json: statements about an account's keys, the keyset with them, and invalid ones."""

from dataclasses import replace

from diary.crypto.keys import Keyset, keyset_header
from diary.crypto.sealing import EnvelopeKind
from diary.crypto.signing import AuthorSigner
from diary.encoding import b64, canonical_json
from diary.ledger import rekeying
from diary.ledger.push import version_signing_input
from diary.ledger.signed_objects import JsonObject
from tests.vectors.reference import fixed_bytes, reference_envelope

Case = dict[str, object]
AUTHOR_KEYS = [AuthorSigner(fixed_bytes(f"author {n}", 32)) for n in range(3)]
PLACE_IDS = {name: b64(fixed_bytes(name, 16)) for name in ("diary", "record", "version")}
ACCOUNT_ID = b64(fixed_bytes("account", 16))
BAD_SIGNATURE = {"code": "bad_signature"}


def rekey_vectors() -> Case:
    """Return rekey.json."""
    beacon = {"log": b64(fixed_bytes("log", 32)), "root": b64(fixed_bytes("root", 32)), "size": 11}
    first, second = key_step(0, 1, 2, 4), key_step(1, 2, 3, 9, beacon)
    keyset = Keyset(fixed_bytes("author 2", 32), fixed_bytes("hpke scalar", 32), (first, second))
    account_key, header, salt = (
        fixed_bytes("account key", 32),
        keyset_header(ACCOUNT_ID, 3, 1),
        fixed_bytes("keyset 3", 24),
    )
    c = b64(fixed_bytes("c", 32))
    versions = [
        {"by": n, "c": c, "sig": b64(AUTHOR_KEYS[n].sign(version_signing_input(c=c, **PLACE_IDS)))} for n in range(3)
    ]
    return {
        "about": "A key of an account hands over to the next; the keyset carries it; what each key still counts for.",
        "account_key": b64(account_key),
        "keys": [
            {"id": author.key_id, "pub": b64(author.pub), "scalar": b64(fixed_bytes(f"author {n}", 32))}
            for n, author in enumerate(AUTHOR_KEYS)
        ],
        "statements": [first, second],
        "signed": [signed_text(first), signed_text(second)],
        "chain": [
            {"pub": b64(AUTHOR_KEYS[0].pub), "seq": 4, "ts": 1_790_000_000_004},
            {"pub": b64(AUTHOR_KEYS[1].pub), "seq": 9, "ts": 1_790_000_000_009},
            {"pub": b64(AUTHOR_KEYS[2].pub), "seq": None, "ts": None},
        ],
        "refused_statements": altered_statements(first),
        "refused_chains": [
            {"name": "the other way round", "statements": [second, first], "newest": b64(AUTHOR_KEYS[1].pub)}
            | BAD_SIGNATURE,
            {"name": "one left out", "statements": [second, key_step(0, 1, 4, 10)], "newest": b64(AUTHOR_KEYS[1].pub)}
            | BAD_SIGNATURE,
            {"name": "ends elsewhere", "statements": [first], "newest": b64(AUTHOR_KEYS[2].pub)} | BAD_SIGNATURE,
            {
                "name": "epoch stands still",
                "statements": [first, key_step(1, 2, 2, 9)],
                "newest": b64(AUTHOR_KEYS[2].pub),
            }
            | BAD_SIGNATURE,
            {"name": "number goes back", "statements": [first, key_step(1, 2, 3, 3)], "newest": b64(AUTHOR_KEYS[2].pub)}
            | BAD_SIGNATURE,
            {"name": "a key comes back", "statements": [first, key_step(1, 0, 3, 9)], "newest": b64(AUTHOR_KEYS[0].pub)}
            | BAD_SIGNATURE,
        ],
        "place": PLACE_IDS,
        "versions": versions,
        "counts": [
            {"version": 0, "seq": 4, "holds": True},
            {"version": 0, "seq": 5, "holds": False},
            {"version": 0, "seq": None, "holds": False},
            {"version": 1, "seq": 9, "holds": True},
            {"version": 1, "seq": 10, "holds": False},
            {"version": 2, "seq": 1, "holds": True},
            {"version": 2, "seq": None, "holds": True},
        ],
        "keyset": {
            "header": header,
            "plaintext": keyset.plaintext().decode(),
            "salt": b64(salt),
            "envelope": b64(reference_envelope(account_key, EnvelopeKind.KEYSET, header, keyset.plaintext(), salt)),
            "without": replace(keyset, earlier_statements=()).plaintext().decode(),
        },
    }


def signed_text(statement: JsonObject) -> str:
    """Return the signed text."""
    return canonical_json({name: value for name, value in statement.items() if name != "sig"}).decode()


def key_step(old: int, new: int, epoch: int, seq: int, beacon: object = None) -> JsonObject:
    """Return the statement by which key `old` names key `new`."""
    statement = {
        "account": ACCOUNT_ID,
        "beacon": beacon,
        "diary": PLACE_IDS["diary"],
        "ecdsa_pub": b64(AUTHOR_KEYS[new].pub),
        "epoch": epoch,
        "head": b64(fixed_bytes(f"head {seq}", 32)),
        "hpke_pub": b64(AuthorSigner(fixed_bytes(f"hpke {new}", 32)).pub),
        "seq": seq,
        "ts": 1_790_000_000_000 + seq,
    }
    return rekeying.sign_statement(AUTHOR_KEYS[old], statement)


def altered_statements(valid_statement: JsonObject) -> list[Case]:
    """Return statements with one fault each."""
    changes: dict[str, JsonObject] = {
        "another key comes": {"ecdsa_pub": b64(AUTHOR_KEYS[2].pub)},
        "a later number": {"seq": 5},
        "a later time": {"ts": 1_790_000_000_999},
        "a checkpoint put in": {"beacon": {"log": b64(bytes(32)), "root": b64(bytes(32)), "size": 1}},
        "another type": {"t": "rekey/v2"},
        "signed by the key that comes": {"old": b64(AUTHOR_KEYS[1].pub), "ecdsa_pub": b64(AUTHOR_KEYS[0].pub)},
        "the first epoch": {"epoch": 1},
        "a number in text": {"seq": "4"},
        "a field more": {"note": "x"},
        "no point": {"hpke_pub": b64(bytes(65))},
        "a short head": {"head": b64(bytes(31))},
    }
    return [{"name": name, "statement": valid_statement | change, **BAD_SIGNATURE} for name, change in changes.items()]
