"""Cells next to an entry's narrative in the incident table: what happened, who did it, its effect, and related records.

Everything an entry states outside its narrative is here or in a dated block below it: an officer who has only document
01 must not have to open 12_record.json to see who was targeted or who was present.
"""

from collections.abc import Iterable, Iterator

from diary.pack import registers
from diary.pack.contents import KEEPER_CODE, PackContents
from diary.pack.printable_text import escape_unprintable
from diary.pack.wording import format_field_choice, format_member, format_vehicle
from diary.record import times, vocabulary
from diary.record.incident import Incident
from diary.record.reading import boolean_of, integer_of, object_of, objects_of, text_of


def labelled_cells(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Return the pairs that have words, made printable."""
    return [[label, escape_unprintable(words)] for label, words in pairs if words]


def event_cells(contents: PackContents, entry: Incident) -> Iterator[tuple[str, str]]:
    """Yield label and text of the event: behaviour, channel, place, the person said to have done it, and the target."""
    yield "Behaviour", "; ".join(_behaviour_label(code) for code in entry.codes("behaviours"))
    yield "In their words", entry.text("behaviours_text")
    yield "How it came", format_field_choice(entry.fields, "channel")
    yield "Account or number", _format_accounts(contents, entry)
    if entry.claimed_count:
        number, is_estimate = entry.claimed_count
        yield "How many", f"{'about ' if is_estimate else ''}{number}"
    yield "Every message", _linked_codes(contents, entry, "schedule_id", "schedule")
    place = entry.text("place_in_chronology")
    yield "Where", ". ".join(part for part in (format_field_choice(entry.fields, "place_category"), place) if part)
    yield from _person_cells(contents, entry)
    yield "Aimed at", format_targets(contents, entry)
    discovered_at = times.read_time_block(entry.fields, "discovered_at")
    if discovered_at.is_known:
        yield "Found out", times.format_claimed_time(discovered_at).to_line()
    vehicle = format_vehicle(object_of(entry.fields, "vehicle"))
    yield "Vehicle", _with_codes(vehicle, _linked_codes(contents, entry, "vehicle_ids", "vehicle"))
    yield "Description", entry.text("description_actor")
    yield "Because of", format_field_choice(entry.fields, "hostility")
    yield (
        "Part of",
        "; ".join(
            case_record.text("title")
            for case_record in registers.linked_records(contents.registers, entry.codes("case_ids"), "case")
        ),
    )


def _linked_codes(contents: PackContents, entry: Incident, field_name: str, kind: str) -> str:
    """Return the codes in this pack of the records a field refers to."""
    return ", ".join(
        record.code for record in registers.linked_records(contents.registers, entry.codes(field_name), kind)
    )


def _format_accounts(contents: PackContents, entry: Incident) -> str:
    """Return the account as typed, then each linked account by number or handle.

    For example `@quiet.walks (A3); A4 07700 900377`.
    """
    typed = entry.text("channel_account")
    linked_accounts = registers.linked_records(contents.registers, entry.codes("account_ids"), "account")
    account_labels = [
        (account.code, next(filter(None, map(account.text, ("number", "handle", "url", "display_name"))), ""))
        for account in linked_accounts
    ]
    same_codes = ", ".join(ref for ref, words in account_labels if typed and words == typed)
    other_labels = (f"{ref} {words}".strip() for ref, words in account_labels if not typed or words != typed)
    return "; ".join(part for part in (_with_codes(typed, same_codes), *other_labels) if part)


def _with_codes(words: str, codes: str) -> str:
    """Return `@quiet.walks (A3)`, or either part alone."""
    return f"{words} ({codes})" if words and codes else words or codes


def format_targets(contents: PackContents, entry: Incident) -> str:
    """Return the targets by code, then in the keeper's words.

    Return '' if only the keeper was targeted, which is the default.
    """
    codes = _linked_codes(contents, entry, "targeted_person_ids", "person")
    words = entry.text("targeted_text")
    return "" if codes == KEEPER_CODE and not words else ", ".join(part for part in (codes, words) if part)


def _behaviour_label(code: str) -> str:
    """Return a label with its letters: `Drove past (e/g)`."""
    letters = "/".join(vocabulary.section_letters((code,)))
    return f"{vocabulary.label('behaviours', code)}{f' ({letters})' if letters else ''}"


def _person_cells(contents: PackContents, entry: Incident) -> Iterator[tuple[str, str]]:
    """Yield role code and description of the person, and how that is known, or that it is not recorded."""
    person = contents.person_of(entry)
    done_by = text_of(entry.fields, "carried_out_by")
    if person:
        words = text_of(entry.fields, "who").strip() or person.description
        yield "Person", f"{person.code}, “{words}”" if words else person.code
    if done_by and done_by != "them":
        yield "Done by", format_field_choice(entry.fields, "carried_out_by")
    basis = format_field_choice(entry.fields, "attribution_basis")
    if person or basis:
        yield "How known", basis or "not recorded"


def effect_cells(contents: PackContents, entry: Incident) -> Iterator[tuple[str, str]]:
    """Yield label and text of effect, witnesses, people told, the keeper's response and related records."""
    yield "Effect on me then", text_of(entry.fields, "feelings_then_text")
    yield "I felt", "; ".join(vocabulary.labels("feelings", entry.codes("feelings_then"))).lower()
    yield "Afraid of violence", format_field_choice(entry.fields, "feared_violence")
    yield "Injury", format_yes_no(entry, "physical_injury")
    yield "Property", ", ".join(part for part in (entry.text("property_effect"), _format_loss(entry)) if part)
    yield "Weapon or object", entry.text("weapon_or_object")
    ages = entry.text("children_ages")
    yield (
        "Children present",
        ", ".join(part for part in (format_yes_no(entry, "children_present"), ages and f"aged {ages}") if part),
    )
    yield "Were there", _linked_codes(contents, entry, "present_ids", "person")
    yield "Saw or heard it", registers.witness_codes(contents.registers, entry)
    yield (
        "Told",
        "; ".join(
            registers.format_disclosure(contents.registers, disclosure)
            for disclosure in objects_of(entry.fields, "told_others")
        ),
    )
    yield "What I did", format_field_choice(entry.fields, "response")
    yield "I contacted them", format_field_choice(entry.fields, "i_contacted_them")
    yield "Reason to be in touch", entry.text("lawful_contact_context")
    yield "Told to stop", _linked_codes(contents, entry, "notice_ids", "notice")
    yield "Term said to be broken", "; ".join(registers.breach_lines(contents.registers, entry))
    yield "Order in force", "; ".join(registers.orders_in_force(contents.registers, entry))
    yield "Reported", "; ".join(registers.report_lines(contents.registers, entry))
    yield "Reported to the app or site", _format_platform_report(entry)
    yield (
        "May be recorded on",
        "; ".join(format_recording(recording) for recording in objects_of(entry.fields, "independent_evidence")),
    )
    yield "Missing", entry.text("missing_evidence")
    help_given = text_of(entry.fields, "help_given")
    if help_given and help_given != "none":
        yield "Help with writing", format_field_choice(entry.fields, "help_given")


def _format_loss(entry: Incident) -> str:
    """Return the loss as the keeper stated it."""
    pence = integer_of(entry.fields, "property_value_pence")
    return "" if pence is None else f"£{pence / 100:,.2f}"


def _format_platform_report(entry: Incident) -> str:
    """Return `reference R-88, 23 Nov 2026, took it down`."""
    report = object_of(entry.fields, "platform_report")
    reference = text_of(report, "ref")
    parts = (
        f"reference {reference}" if reference else "",
        times.format_iso_date(text_of(report, "at")),
        text_of(report, "outcome"),
    )
    return ", ".join(part for part in parts if part)


def format_recording(recording: dict[str, object]) -> str:
    """Return a possible recording: `CCTV, held by the shop, asked for 11 May 2026, likely to be wiped 12 May 2026`."""
    kind = text_of(recording, "kind")
    parts = [vocabulary.label("independent_evidence", kind) if kind else ""]
    holder = text_of(recording, "holder")
    parts.append(f"held by {holder}" if holder else "")
    for key, prefix in (("requested_at", "asked for "), ("overwrite_due", "likely to be wiped ")):
        day = times.format_iso_date(text_of(recording, key))
        parts.append(prefix + day if day else "")
    parts += [format_member("outcome", text_of(recording, "outcome")), text_of(recording, "outcome_text")]
    return ", ".join(part for part in parts if part)


def format_yes_no(entry: Incident, name: str) -> str:
    """Return a boolean field with its words: `yes: a bruise`; '' if it was left blank."""
    switch = boolean_of(entry.fields, name)
    words = entry.text(f"{name}_text")
    answer = "" if switch is None else "yes" if switch else "no"
    return f"{answer}: {words}" if answer and words else answer or words
