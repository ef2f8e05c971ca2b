"""Every state of the advocate screens on the fake app, from "nobody has access" to an answered question."""

from tests.browser.screen_steps import OPEN_DIARY, Step, fill, go_to_screen, js, press, set_form_values

ORGANISATION = "organisation: 'Stalking Support North'"
PRIYA_CARD, SAM_CARD = (
    f"{{fingerprint: '{name[0]}', ecdsa_pub: 'e', hpke_pub: 'h', name: '{name}', {ORGANISATION}, "
    f"words: 'a b c d e f g h i'}}"
    for name in ("Priya K", "Sam O")
)
GRANT_FIELDS = (
    "to: 'f', made_at: Date.now() - 20 * 864e5, not_after: Date.now() + 20 * 864e5, name: 'Priya K', "
    f"{ORGANISATION}, looked_at: Date.now() - 5 * 36e5, ended_at: null, given: 12, "
    "mine: false, left: false, changed: false, unheard: false, "
    "said: {scope: {all: true}, rights: ['view', 'comment', 'pack'], restricted: true, purpose: 'Help with a report'}"
)
PARTIAL_GRANT = "{scope: {records: ['r0', 'r1']}, rights: ['view'], restricted: false, purpose: 'Stand-in'}"
ACCESS_LOG = (
    "[['read', 2], ['file', 3], ['pack', 26]].map(([what, hours]) => ({what, grant: 'g0', "
    "at: Date.now() - hours * 36e5}))"
)
ACCESS_GIVEN = js(
    f"fake.open(24); fake.let_in = {{looks: {ACCESS_LOG}, grants: [{{not_after: Date.now() + 3 * 864e5}}, "
    f"{{looked_at: null, name: 'Sam Okonkwo-Fitzgerald', said: {PARTIAL_GRANT}}}, {{changed: true}}, "
    "{ended_at: Date.now(), mine: true, unheard: true}, {left: true}, {not_after: Date.now() - 1}]"
    f".map((item, i) => ({{{GRANT_FIELDS}, grant: `g${{i}}`, ...item}}))}}"
)
QUESTION_LETTER = (
    f"{{letter: 'l0', grant: 'g0', about: 'r0', text: 'What did he say when he came closer?', at: Date.now(), "
    f"name: 'Priya K', "
    f"{ORGANISATION}, title: 'He messaged from a new account', seq_no: 24}}"
)
QUESTION_WAITING = js(f"fake.open(24); fake.asks = [{QUESTION_LETTER}]; fake.set({{asked: {{n: 1, name: 'Priya K'}}}})")
SEEN_BY = "[{name: 'Priya K', looked_at: Date.now() - 36e5}, {name: 'Sam O', looked_at: null}]"
KEPT_QUESTIONS = (
    "['answered', 'put_aside'].map((status, i) => ({record: `q${i}`, text: 'Was anybody with you?', "
    "answer: 'My sister.', "
    "asked_at: Date.now(), answered_at: Date.now(), status, name: 'Priya K, Stalking Support North'}))"
)
LOOKED_THROUGH = "fake.through = [['r0', ['Priya K', 'Sam O']], ['r1', ['Priya K']], ['a1', ['Priya K', 'Sam O']]]"
QUESTION_ON_ENTRY = js(
    f"fake.open(24); {LOOKED_THROUGH}; fake.asks = [{QUESTION_LETTER}]; fake.sees = {SEEN_BY}; "
    f"fake.questions = {KEPT_QUESTIONS}"
)
FILLED_GRANT_FORM = (
    f"{{step: 'what', who: {PRIYA_CARD}, how: 'some', records: ['r0'], purpose: 'Help with a report', name: 'Maya', "
    "rights: ['view', 'comment'], days: '30'}"
)
NINE_WORDS_TYPED = (go_to_screen("letin"), fill("Their nine words", "a"), press("Check the words"))
# No browser here can read codes, so a fake detector reads a canvas.
# The drawing must change: a still canvas gives no frames.
FAKE_CAMERA = js(
    "const canvas = document.createElement('canvas'); const pen = canvas.getContext('2d'); let shade = 0; "
    "globalThis.drawing = setInterval(() => { shade = (shade + 9) % 250; pen.fillStyle = `rgb(${shade}, 0, 0)`; "
    "pen.fillRect(0, 0, 9, 9); }, 40); navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(5); "
    "globalThis.BarcodeDetector = class { async detect() { return [{rawValue: 'A B C D E F G H I'}]; } }"
)
WAIT_FOR_SCAN = js(
    "for (let i = 0; i < 200 && !stage.local.met; i++) await new Promise((go) => setTimeout(go, 50)); "
    "if (!stage.local.met) throw new Error('the camera gave no words'); delete globalThis.BarcodeDetector; "
    "clearInterval(globalThis.drawing); stage.draw()"
)
# Tested on a page of its own: after a hundred screens Chromium creates no more media players, and a camera is one.
SCAN_STEPS = (OPEN_DIARY, FAKE_CAMERA, go_to_screen("letin"), press("Scan their code"), WAIT_FOR_SCAN)
UNREGISTERED_ACCOUNT = "{account: {login: null, registered: false, recovery: 'todo', trouble: null}}"


def grant_form_steps(values: str) -> tuple[Step, ...]:
    """Return the steps of giving somebody access, up to the state that `values` sets."""
    return (
        OPEN_DIARY,
        js(f"fake.met_before = [{PRIYA_CARD}, {SAM_CARD}]"),
        go_to_screen("letin"),
        set_form_values(FILLED_GRANT_FORM),
        set_form_values(values),
    )


ADVOCATE_SCREENS: dict[str, tuple[Step, ...]] = {
    "advocates, no copy yet": (js(f"fake.open(3, {UNREGISTERED_ACCOUNT})"), go_to_screen("advocates")),
    "advocates, nobody": (OPEN_DIARY, go_to_screen("advocates"), press("Show my nine words")),
    "advocates": (ACCESS_GIVEN, go_to_screen("advocates")),
    "advocates, no signal": (
        ACCESS_GIVEN,
        js("fake.let_in.offline = true; fake.set({offline: true})"),
        go_to_screen("advocates"),
        press("End it now"),
    ),
    "advocates, not ended on the server": (ACCESS_GIVEN, go_to_screen("advocates"), press("End it on the server too")),
    "advocates, looks": (ACCESS_GIVEN, go_to_screen("looks", record="g0")),
    "advocates, less": (ACCESS_GIVEN, go_to_screen("looks", record="g0"), press("Let them see less")),
    "nine words, nothing typed": (OPEN_DIARY, go_to_screen("letin"), press("Check the words")),
    "nine words, a slip": (
        OPEN_DIARY,
        js("fake.fail.meetAdvocate = {code: 'bad_request', unknown: ['xylophone']}"),
        go_to_screen("letin"),
        fill("Their nine words", "xylophone"),
        press("Check the words"),
    ),
    "nine words, somebody": (OPEN_DIARY, *NINE_WORDS_TYPED),
    "nine words, other than before": (OPEN_DIARY, js("fake.met = {before: true}"), *NINE_WORDS_TYPED),
    "nine words, no signal": (OPEN_DIARY, js("fake.met = {name: ''}"), *NINE_WORDS_TYPED),
    "what they may see": grant_form_steps("{how: undefined, purpose: '', name: '', tried: true}"),
    "what they may see, some": grant_form_steps("{stand: null}"),
    "what they may see, a stand-in": grant_form_steps("{meeting: true}"),
    "what they will see": (*grant_form_steps("{step: 'preview'}"), set_form_values("{seen: 'r0'}")),
    "agreeing": (*grant_form_steps("{step: 'agree', restricted: true}"), press("Let them see this")),
    "agreed": grant_form_steps("{step: 'done'}"),
    "asked": (QUESTION_WAITING, go_to_screen("asked"), press("Answer"), press("Add my answer")),
    "asked, the line": (QUESTION_WAITING, go_to_screen("entries")),
    "entry, seen and asked": (QUESTION_ON_ENTRY, go_to_screen("entry", record="r0")),
    "entries, looked through": (QUESTION_ON_ENTRY, go_to_screen("entries")),
}
