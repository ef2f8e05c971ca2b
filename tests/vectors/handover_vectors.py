"""handover.json: eight words, the values derived from them, and a pack sealed under them."""

import hashlib

from diary.crypto import handover
from diary.crypto.file_parts import padded_parts, parts_digest
from diary.crypto.kdf import CHEAPEST_PROFILE, DEFAULT_PROFILE, TEST_POLICY, KdfProfile
from diary.crypto.padding import pad_version
from diary.crypto.sealing import EnvelopeKind
from diary.encoding import b64, canonical_json
from tests.vectors.reference import fixed_bytes, patterned_bytes, reference_envelope
from tests.vectors.sealing_vectors import OTHER_ID

Case = dict[str, object]
NOT_OPENED = {"code": "not_opened"}


def handover_vectors() -> Case:
    """Return handover.json."""
    raw = fixed_bytes("handover words", 11)
    words = handover.encode_words(raw)
    return {
        "about": "docs/formats.md 8. `raw` and keys in hex. Policy `tests`: floor m 8, t 1. Plaintexts by (7i+3)&255.",
        "words": [
            {"raw": code_bytes.hex(), "words": handover.encode_words(code_bytes)}
            for code_bytes in (raw, bytes(11), b"\xff" * 11)
        ],
        "typed": [
            {"typed": typed, "words": words} for typed in (words.upper(), words.replace(" ", ",  "), f"\n {words}\t")
        ],
        "refused_words": refused_words(words),
        "openers": [
            opener_case(words, profile, policy)
            for profile, policy in ((CHEAPEST_PROFILE, "tests"), (DEFAULT_PROFILE, "product"))
        ],
        "sealed": [sealed_pack_case(words, size) for size in (0, 5000, 1_032_191, 1_032_192, 2_500_000)],
    }


def refused_words(words: str) -> list[Case]:
    """Return words that must be refused."""
    word_list = words.split()
    swapped = [*word_list[:6], word_list[7], word_list[6]]
    cases: list[tuple[str, str, list[str]]] = [
        ("seven words", " ".join(word_list[:7]), []),
        ("nine words", f"{words} abandon", []),
        ("nothing", "", []),
        ("a word that is none", " ".join(["kept", *word_list[1:]]), ["kept"]),
        ("two words swapped", " ".join(swapped), []),
        ("another last word", " ".join([*word_list[:7], "abandon" if word_list[7] != "abandon" else "zoo"]), []),
    ]
    return [{"name": name, "typed": typed, "unknown": unknown, "code": "bad_request"} for name, typed, unknown in cases]


def kdf_parameters(profile: KdfProfile) -> dict[str, object]:
    """Return parameters with a fixed salt."""
    return handover.new_kdf_params(profile, fixed_bytes("handover salt", 16))


def opener_case(words: str, profile: KdfProfile, policy: str) -> Case:
    """Return the values derived from the words at one cost."""
    kdf = kdf_parameters(profile)
    opener = handover.derive_secrets(words, kdf, TEST_POLICY)
    return {
        "auth": opener.proof.hex(),
        "kdf": kdf,
        "key": opener.key.hex(),
        "name": b64(handover.derive_name(words)),
        "policy": policy,
        "words": words,
    }


def sealed_pack_case(words: str, size: int) -> Case:
    """Return a sealed pack of `size` bytes, part by part, the metadata last; each with its salt, digests in hex."""
    key, place, content = (
        handover.derive_secrets(words, kdf_parameters(CHEAPEST_PROFILE), TEST_POLICY).key,
        b64(fixed_bytes("handover", 16)),
        patterned_bytes(size),
    )
    digest, parts = hashlib.sha256(content).hexdigest(), handover.sealed_part_count(size)
    slip = {"made_at": 1_790_000_000_000, "name": "PACK_JB_1_20261124.zip", "sha256": digest, "size": size}
    plaintexts = [*padded_parts([content], size), pad_version(canonical_json(slip | {"t": handover.METADATA_TYPE}))]
    sealed_parts = []
    for part, plaintext in enumerate(plaintexts):
        salt = fixed_bytes(f"handover {size} {part}", 24)
        raw = reference_envelope(
            key, EnvelopeKind.HANDOVER, handover.handover_part_header(place, part, parts), plaintext, salt
        )
        sealed_parts.append({"length": len(raw), "salt": b64(salt), "sha256": hashlib.sha256(raw).hexdigest()})
    return {
        "digest": b64(parts_digest(bytes.fromhex(str(sealed_part["sha256"])) for sealed_part in sealed_parts)),
        "handover": place,
        "key": key.hex(),
        "parts": sealed_parts,
        "refused": [
            NOT_OPENED | {"name": "another hand-over", "handover": OTHER_ID, "parts": parts},
            NOT_OPENED | {"name": "another number of parts", "handover": place, "parts": parts + 1},
        ],
        "slip": slip,
    }
