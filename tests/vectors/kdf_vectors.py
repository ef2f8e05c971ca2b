"""kdf.json: keys derived from words, and parameters that must be refused before any derivation."""

from diary.crypto import kdf
from diary.encoding import b64
from tests.vectors.reference import fixed_bytes

Case = dict[str, object]
PASSPHRASE = "cage candy arch gather drum buyer"
ORIGIN = "https://notes.example"
BASE_KDF: Case = {
    "alg": "argon2id",
    "login": "calm-river-7f3k",
    "m": 8,
    "origin": ORIGIN,
    "p": 1,
    "salt": b64(fixed_bytes("kdf salt", 16)),
    "t": 1,
}
LOCAL_KDF_CHANGES: Case = {"login": "", "origin": "local"}


def derivation_cases() -> list[Case]:
    """Return roots and derived values; those marked `tests` are below the product's minimum."""
    variants: list[tuple[str, str, Case, str]] = [
        ("cheapest", "tests", {}, PASSPHRASE),
        ("cheapest, words typed another way", "tests", {}, "  cage  candy arch\tgather drum buyer "),
        ("cheapest, two passes", "tests", {"t": 2}, PASSPHRASE),
        ("another person's name: same salt, other keys", "tests", {"login": "warm-river-7f3k"}, PASSPHRASE),
        (
            "a copy of the site elsewhere: same salt, other keys",
            "tests",
            {"origin": "https://n0tes.example"},
            PASSPHRASE,
        ),
        ("another salt", "tests", {"salt": b64(fixed_bytes("other kdf salt", 16))}, PASSPHRASE),
        ("never registered", "tests", LOCAL_KDF_CHANGES, PASSPHRASE),
        ("other script", "tests", {}, "میری ڈائری کھولو ابھی"),
        ("floor", "product", {"m": 47_104, "t": 1}, PASSPHRASE),
        ("default", "product", {"m": 65_536, "t": 3}, PASSPHRASE),
    ]
    cases: list[Case] = []
    for name, policy, change, words in variants:
        kdf_parameters = BASE_KDF | change
        root = kdf.derive_root(words, kdf_parameters, kdf.TEST_POLICY)
        cases.append(
            {
                "name": name,
                "policy": policy,
                "words": words,
                "kdf": kdf_parameters,
                "salt_eff": kdf.derive_salt(kdf_parameters).hex(),
                "root": root.hex(),
                "auth": kdf.derive_sign_in_proof(root, kdf_parameters, str(kdf_parameters["origin"])).hex(),
                "kek_words": kdf.derive_words_kek(root, kdf_parameters).hex(),
            }
        )
    return cases


def refused_parameters() -> list[Case]:
    """Return parameters the product's policy must refuse, some after a higher cost was seen (`high`, m × t)."""
    valid_parameters: Case = {"m": 65_536, "t": 3}
    changes: list[tuple[str, Case, int]] = [
        ("memory below the floor", {"m": 47_103, "t": 3}, 0),
        ("memory of a toy", {"m": 8, "t": 1}, 0),
        ("no pass", {"m": 65_536, "t": 0}, 0),
        ("memory above the ceiling", {"m": 262_145, "t": 1}, 0),
        ("passes above the ceiling", {"m": 65_536, "t": 17}, 0),
        ("less than this device has seen", {"m": 65_536, "t": 2}, 196_608),
        ("floor, on a device that has seen the default", {"m": 47_104, "t": 1}, 196_608),
        ("two lanes", valid_parameters | {"p": 2}, 0),
        ("argon2i", valid_parameters | {"alg": "argon2i"}, 0),
        ("pbkdf2", valid_parameters | {"alg": "pbkdf2"}, 0),
        ("salt of 15 bytes", valid_parameters | {"salt": b64(bytes(15))}, 0),
        ("salt of 17 bytes", valid_parameters | {"salt": b64(bytes(17))}, 0),
        ("salt that is no base64url", valid_parameters | {"salt": "=" * 22}, 0),
        ("salt that is a number", valid_parameters | {"salt": 1}, 0),
        ("memory as text", valid_parameters | {"m": "65536"}, 0),
        ("passes as true", valid_parameters | {"t": True}, 0),
        ("memory missing", valid_parameters | {"m": None}, 0),
        ("a field more", valid_parameters | {"more": 1}, 0),
        ("name in capitals", valid_parameters | {"login": "Calm-River-7F3K"}, 0),
        ("name too short", valid_parameters | {"login": "calm"}, 0),
        ("name too long", valid_parameters | {"login": "c" * 41}, 0),
        ("name with a line end", valid_parameters | {"login": "calm-river\n"}, 0),
        ("no name, but an origin", valid_parameters | {"login": ""}, 0),
        ("a name, but local", valid_parameters | {"origin": "local"}, 0),
    ]
    return [
        {"name": name, "kdf": BASE_KDF | change, "high": high, "code": "kdf_refused"} for name, change, high in changes
    ]


def kdf_vectors() -> Case:
    """Return kdf.json."""
    code = fixed_bytes("code", 16)
    root = kdf.derive_root(PASSPHRASE, BASE_KDF, kdf.TEST_POLICY)
    return {
        "about": "Argon2id, policy, subkeys; keys in hex. Policy `tests` has floor m 8, t 1, `product` the real one.",
        "kat": {
            "password": "kept known answer",
            "salt": bytes(range(16)).hex(),
            "m": 64,
            "t": 2,
            "out": kdf.KNOWN_ANSWER.hex(),
        },
        "derivations": derivation_cases(),
        "refused": refused_parameters(),
        "accepted": [
            {"name": "floor", "kdf": BASE_KDF | {"m": 47_104, "t": 1}, "high": 0},
            {"name": "ceiling", "kdf": BASE_KDF | {"m": 262_144, "t": 16}, "high": 0},
            {"name": "as high as seen", "kdf": BASE_KDF | {"m": 65_536, "t": 3}, "high": 196_608},
            {"name": "local", "kdf": BASE_KDF | LOCAL_KDF_CHANGES | {"m": 65_536, "t": 3}, "high": 0},
        ],
        "auth_refused": [
            {"name": name, "root": root.hex(), "kdf": BASE_KDF, "origin": origin, "code": "kdf_refused"}
            for name, origin in (
                ("page of another host", "https://n0tes.example"),
                ("other scheme", "http://notes.example"),
                ("other port", f"{ORIGIN}:8443"),
                ("slash at the end", f"{ORIGIN}/"),
                ("not registered", "local"),
            )
        ],
        "code": {
            "code": code.hex(),
            "kek_code": kdf.derive_code_kek(code).hex(),
            "login": BASE_KDF["login"],
            "code_auth": kdf.derive_code_proof(code, str(BASE_KDF["login"])).hex(),
        },
        "stored": {
            "proof": fixed_bytes("proof", 32).hex(),
            "salt": fixed_bytes("stored salt", 16).hex(),
            "pepper": fixed_bytes("pepper", 32).hex(),
            "m": 8,
            "t": 1,
            "out": kdf.hash_proof(
                fixed_bytes("proof", 32),
                salt=fixed_bytes("stored salt", 16),
                pepper=fixed_bytes("pepper", 32),
                profile=kdf.CHEAPEST_PROFILE,
            ).hex(),
        },
    }
