"""Language names and codes as a keeper enters them; mirrored by static/src/pack/chronology/language_names.ts."""

from typing import Final

_LANGUAGE_NAMES: Final = {
    "ar": "Arabic", "ase": "American Sign Language", "bfi": "British Sign Language", "bn": "Bengali",
    "cy": "Welsh", "en": "English", "gu": "Gujarati", "hi": "Hindi", "isg": "Irish Sign Language", "pa": "Punjabi",
    "pl": "Polish", "ro": "Romanian", "so": "Somali", "ur": "Urdu", "zh": "Chinese",
}  # fmt: skip
_ABBREVIATIONS: Final = {"asl": "ase", "bsl": "bfi", "isl": "isg"}


def language_code(language: str) -> str:
    """Return the code of a language given as `ur-PK`, `Urdu` or `BSL`.

    For any other, the part before `-` in lower case.
    """
    lower_name = language.strip().lower()
    code_by_name = next((code for code, name in _LANGUAGE_NAMES.items() if name.lower() == lower_name), None)
    return code_by_name or _ABBREVIATIONS.get(lower_name) or lower_name.split("-")[0]


def language_name(language: str) -> str:
    """Return the name of a language if it is listed here, else the text as written."""
    return _LANGUAGE_NAMES.get(language_code(language), language)


def is_sign_language(language: str) -> bool:
    """Return whether a language is a sign language."""
    return language_code(language) in {"ase", "bfi", "isg"} or "sign language" in language.lower()


def is_english(language: str) -> bool:
    return language_code(language) == "en"
