"""Languages as a keeper gives them, a code or a word of their own; the twin of static/src/pack/chronology/language_names.ts."""

from typing import Final

_NAMES: Final = {
    "ar": "Arabic", "ase": "American Sign Language", "bfi": "British Sign Language", "bn": "Bengali",
    "cy": "Welsh", "en": "English", "gu": "Gujarati", "hi": "Hindi", "isg": "Irish Sign Language", "pa": "Punjabi",
    "pl": "Polish", "ro": "Romanian", "so": "Somali", "ur": "Urdu", "zh": "Chinese",
}  # fmt: skip
_SHORT: Final = {"asl": "ase", "bsl": "bfi", "isl": "isg"}


def code_of(given: str) -> str:
    """The code of a language given as `ur-PK`, `Urdu` or `BSL`; in lower case as given where it is none of these."""
    said = given.strip().lower()
    named = next((code for code, name in _NAMES.items() if name.lower() == said), None)
    return named or _SHORT.get(said) or said.split("-")[0]


def tongue(given: str) -> str:
    """A language by name where it is one of those this software is used in, else as written."""
    return _NAMES.get(code_of(given), given)


def is_signed(given: str) -> bool:
    """Whether it is a language of signs."""
    return code_of(given) in {"ase", "bfi", "isg"} or "sign language" in given.lower()


def is_english(given: str) -> bool:
    return code_of(given) == "en"
