"""What others write for a keeper, on the fake app: entries that an advocate typed, and statements of witnesses."""

from tests.browser.acting import OPEN, Act, fill, go, js, press

TALK = (
    "by: 'PK', how: 'call', held_at: Date.now() - 864e5, tz: 'Europe/London', read_back: true, answer: '', "
    "answered_at: null, "
    "under_18: false, turns: [{asked: 'tell_me', words: '', said: 'He was at the bus stop when I came out of work.'}, "
    "{asked: 'own', words: 'Did anybody else see him?', said: ''}, {asked: '', words: '', "
    "said: 'I went home another way.'}]"
)
WHEN = (
    "{occurred_start: Date.now() - 864e5, occurred_end: null, tz: 'Europe/London', utc_offset_min: 0, "
    "precision: 'day', "
    "occurred_local: '2026-11-20'}"
)
TYPED = js(
    f"fake.open(24, {{waiting: {{written: 2, answers: 1}}}}); "
    f"fake.written = ['l0', 'l1'].map((id) => ({{id, record: null, "
    f"mark: {{{TALK}}}, narrative: 'He was at the bus stop when I came out of work.\\n\\nI went home another way.', "
    f"occurred: {WHEN}, name: 'Priya K', organisation: 'Stalking Support North'}}))"
)
SAID = (
    "{fields: {name: 'Sam', saw_how: 'saw', when: 'Tuesday, about six', "
    "words: 'I saw him stand by the gate for ten minutes.'}, "
    "files: {list: [1]}}"
)
ASKED = js(
    "fake.open(24); fake.saw = [{}, {words: null}, {expires_at: Date.now() - 1}, "
    f"{{answered_at: Date.now(), said: {SAID}}}, {{answered_at: Date.now(), said: {SAID}, verified: false}}, "
    f"{{words: null, answered_at: Date.now(), said: {SAID}, verified: null}}]"
    ".map((item, i) => ({witness: `w${i}`, words: 'ribbon kettle orbit meadow lantern pencil owl', "
    "note: 'Tuesday at the stop', "
    "made_at: Date.now() - 864e5, expires_at: Date.now() + 9e8, answered_at: null, said: null, verified: true, "
    "...item}))"
)


def stated(arrived: str) -> tuple[Act, ...]:
    """Return the steps to the page of a kept statement."""
    fields = (
        f"narrative: 'I saw him by the gate.', saw_how: 'saw', received_how: 'spoken_code', "
        f"arrived: {{at: 1, {arrived}}}"
    )
    return (js(f"fake.open(24); fake.stated = {{{fields}}}"), go("kept", record="s0", kind="statement"))


LETTER = (
    "{fields: {by: 'PK', how: 'call', held_at: Date.now() - 864e5, tz: 'Europe/London', read_back: true, "
    "under_18: false, "
    "incident: {}, turns: [{asked: 'tell_me', words: '', said: 'He was at the bus stop.'}]}}"
)


def assisted(answer: str, narrative: str = "He was at the bus stop.") -> tuple[Act, ...]:
    """Return the steps to the page of an entry that an advocate typed."""
    written = f"assisted: {{answer: {answer}, answered_at: Date.now(), letter: {LETTER}, pub: 'k'}}"
    return (OPEN, js(f"fake.changes.set('r1', {{narrative: '{narrative}', {written}}})"), go("entry", record="r1"))


HELPING_SCREENS: dict[str, tuple[Act, ...]] = {
    "written down for you": (TYPED, go("assisted")),
    "written down for you, changed": (
        TYPED,
        go("assisted"),
        press("Change"),
        fill("In your words", ""),
        press("Save my words"),
    ),
    "written down for you, no": (TYPED, go("assisted"), press("No")),
    "written down for you, nothing": (OPEN, go("assisted")),
    "written down for you, the lines": (TYPED, go("entries")),
    "ask somebody who saw it": (OPEN, go("witness")),
    "ask somebody who saw it, the words": (OPEN, go("witness"), press("Make the words")),
    "ask somebody who saw it, answers": (ASKED, go("witness"), press("Show the words")),
    "an entry typed for you, waiting": assisted("null"),
    "an entry typed for you, yours": assisted("'yes'"),
    "an entry typed for you, changed": assisted("'changed'", "He was across the road."),
    "a statement, checked": stated("verified: true, words: 'I saw him by the gate.'"),
    "a statement, changed": stated("verified: true, words: 'I saw him stand inside the gate.'"),
    "a statement, not theirs": stated("verified: false"),
    "a statement, not checked": stated("verified: null"),
    "ask somebody who saw it, no signal": (
        ASKED,
        js("fake.no_signal = true"),
        go("witness"),
        js("fake.no_signal = false"),
    ),
}
