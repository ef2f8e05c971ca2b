"""Every state of handing over a pack, and of the packs that wait to be fetched, on the fake app."""

from tests.browser.screen_steps import (
    MADE_PACK_FIELDS,
    OPEN_DIARY,
    PACK_JOB_FIELDS,
    Step,
    go_to_screen,
    js,
    press,
    set_form_values,
)

EIGHT_WORDS = "broccoli orbit squirrel umbrella lecture hospital sandwich tomorrow"
WORDS_SHOWN = set_form_values(f"{{said: {{handover: 'h0', words: '{EIGHT_WORDS}'}}}}")
FINISHED_PACK = f"{{file: new Blob(['a']), {MADE_PACK_FIELDS}}}"
HANDOVER_FIELDS = (
    "{openings_most: 5, size: 6100000, record: null, made_at: Date.now() - 36e5, expires_at: Date.now() + 13 * 864e5, "
    f"ended_at: null, openings: [], name: 'PACK_JB_3_20261124.zip', known: true, words: '{EIGHT_WORDS}'}}"
)
EVERY_HANDOVER = js(
    "fake.open(24); fake.handed = {handovers: [{to: 'PC Shah, Leeds'}, {openings: [Date.now() - 9e5, Date.now()]}, "
    "{known: false, name: ''}, {openings: [5, 4, 3, 2, 1].map((days) => Date.now() - days * 864e5)}, "
    "{ended_at: Date.now()}, {expires_at: Date.now() - 1}]"
    f".map((item, i) => ({{...{HANDOVER_FIELDS}, handover: `h${{i}}`, ...item}}))}}"
)


def handover_steps(state: str) -> tuple[Step, ...]:
    """Return the steps to a finished pack whose handover is in this state."""
    return (
        js(f"fake.open(3); stage.job = {{at: {{}}, done: {FINISHED_PACK}, {PACK_JOB_FIELDS}, handing: {state}}}"),
        go_to_screen("handover"),
    )


HANDOVER_SCREENS: dict[str, tuple[Step, ...]] = {
    "hand over": handover_steps("undefined"),
    "hand over, asking": (*handover_steps("undefined"), press("Leave it and get the words")),
    "hand over, gone": (OPEN_DIARY, go_to_screen("handover")),
    "hand over, being left": handover_steps("{at: {step: 'sending', done: 3, total: 9}, done: null, stopped: false}"),
    "hand over, stopped": handover_steps("{at: {}, done: null, stopped: true}"),
    "hand over, the words": handover_steps(
        f"{{at: {{}}, stopped: false, done: {{...{HANDOVER_FIELDS}, address: 'https://kept.example/get'}}}}"
    ),
    "handed over, nothing": (OPEN_DIARY, go_to_screen("handovers")),
    "handed over": (EVERY_HANDOVER, go_to_screen("handovers")),
    "handed over, asking": (EVERY_HANDOVER, go_to_screen("handovers"), press("Show the words")),
    "handed over, the words": (EVERY_HANDOVER, go_to_screen("handovers"), WORDS_SHOWN),
    "handed over, ending": (EVERY_HANDOVER, go_to_screen("handovers"), press("End it now")),
    "handed over, no signal": (
        js(
            f"fake.open(24); "
            f"fake.handed = {{offline: true, handovers: [{{...{HANDOVER_FIELDS}, handover: 'h0', openings_most: 0}}]}}"
        ),
        go_to_screen("handovers"),
        WORDS_SHOWN,
    ),
}
