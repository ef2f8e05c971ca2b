"""Every state of the advocate's page, on the fake desk (fake_desk.ts)."""

from tests.browser.screen_steps import Step, fill, go_to_screen, js, press, set_form_values

SIGN_IN_PAGE = js("fake.reset()")
SIGNED_IN = js("fake.in()")
CLIENT_OPEN = js(
    "fake.in(); await fake.openClient('g0'); stage.clientOpened(); await new Promise((go) => setTimeout(go, 40))"
)
CALL_FIELDS = "how: 'call', by: 'PK', read: true, when: {chip: 'yesterday', picked: null}, held_at: Date.now()"
INVITE_VALUES = "{invite: 'k7Qm-2fTz-9Rwa-Lx4d'}"
OWN_QUESTION_TURN = "{asked: 'own', words: 'Did anybody else see him at the bus stop that evening?', said: ''}"
OPEN_PROMPT_TURN = (
    "{asked: 'tell_me', words: '', "
    "said: 'He was at the bus stop when I came out of work. He looked at me and did not move.'}"
)


def statement_form_steps(under: str, more: str = "", turns: str = OPEN_PROMPT_TURN) -> tuple[Step, ...]:
    """Return the steps to a half-filled form for what a client says."""
    return (
        CLIENT_OPEN,
        go_to_screen("assist"),
        set_form_values(f"{{writing: {{{CALL_FIELDS}, under: {under}, turns: [{turns}], {more}}}}}"),
    )


DESK_SCREENS: dict[str, tuple[Step, ...]] = {
    "sign in": (SIGN_IN_PAGE,),
    "sign in, nothing typed": (SIGN_IN_PAGE, press("Open")),
    "sign in, wrong": (
        SIGN_IN_PAGE,
        js("fake.fail.signIn = 'no_match'"),
        fill("Username", "priya-4f2a"),
        fill("Your password", "a b c"),
        fill("Six digits", "123456"),
        press("Open"),
    ),
    "sign in, other digits": (
        SIGN_IN_PAGE,
        js("fake.fail.signIn = 'second_step'"),
        fill("Username", "priya-4f2a"),
        fill("Your password", "a b c"),
        fill("Six digits", "123456"),
        press("Open"),
    ),
    **{
        f"sign in, told {reason}": (SIGN_IN_PAGE, js(f"fake.set({{lockReason: '{reason}'}})"))
        for reason in ("idle", "signed_out", "left")
    },
    "join": (SIGN_IN_PAGE, press("I have an invitation")),
    "join, nothing typed": (SIGN_IN_PAGE, press("I have an invitation"), press("Next")),
    "join, words": (
        SIGN_IN_PAGE,
        press("I have an invitation"),
        js(
            "Object.assign(stage.local, {invite: 'k7Qm', words: 'one', short: true, twice: true, differ: true}); "
            "stage.draw()"
        ),
    ),
    "join, refused": (
        SIGN_IN_PAGE,
        js("fake.fail.beginJoin = 'no_match'; stage.go({name: 'join'})"),
        fill("Invitation", "k7Qm"),
        fill("Your name", "Priya K"),
        fill("Choose a password", "purple onions march across town"),
        press("Next"),
        fill("The same password again", "purple onions march across town"),
        press("Next"),
    ),
    "second step": (
        SIGN_IN_PAGE,
        js("stage.go({name: 'second'}); stage.local.setup = await fake.beginJoin({}); stage.draw()"),
        press("Join"),
    ),
    "second step, begun too late": (SIGN_IN_PAGE, js("stage.go({name: 'second'})")),
    "joined": (SIGN_IN_PAGE, js("stage.stand({name: 'second'}); fake.in(0)")),
    "clients, none": (SIGN_IN_PAGE, js("fake.in(0)")),
    "clients": (SIGN_IN_PAGE, SIGNED_IN),
    "clients, ended and refused": (
        SIGN_IN_PAGE,
        js("fake.in(3, {refused: 2, ended: 'Maximiliane-Charlotte Featherstonehaugh'})"),
    ),
    "clients, no connection": (
        SIGN_IN_PAGE,
        SIGNED_IN,
        js("fake.fail.listClients = 'unavailable'"),
        press("Check for changes"),
    ),
    "locking soon": (SIGN_IN_PAGE, SIGNED_IN, js("fake.set({lockIn: 17})")),
    "client": (SIGN_IN_PAGE, CLIENT_OPEN),
    "client, everything to say": (
        SIGN_IN_PAGE,
        js("fake.refused = 2"),
        CLIENT_OPEN,
        js("fake.set({newer: true, removed: [fake.state.entries[0]]})"),
    ),
    "client, may only look": (
        SIGN_IN_PAGE,
        js("fake.given = {rights: ['view'], restricted: false, scope: {records: ['r0']}}"),
        CLIENT_OPEN,
    ),
    "client, no entries": (SIGN_IN_PAGE, js("fake.length = 0"), CLIENT_OPEN, js("fake.length = 24")),
    "client, a line": (
        SIGN_IN_PAGE,
        CLIENT_OPEN,
        js("navigator.clipboard.writeText = async () => { throw new Error('no'); }"),
        js("document.querySelectorAll('main .rows button')[1].click()"),
    ),
    "client, looked for": (
        SIGN_IN_PAGE,
        CLIENT_OPEN,
        fill("Find in these entries", "xylophone"),
        js("await new Promise((go) => setTimeout(go, 400))"),
    ),
    "client, the pattern": (SIGN_IN_PAGE, CLIENT_OPEN, go_to_screen("patterns")),
    "entry": (
        SIGN_IN_PAGE,
        CLIENT_OPEN,
        go_to_screen("entry", record="r0"),
        js("await new Promise((go) => setTimeout(go, 60))"),
        press("Send the question"),
    ),
    "entry, its history": (
        SIGN_IN_PAGE,
        CLIENT_OPEN,
        go_to_screen("entry", record="r0"),
        set_form_values("{history: true}"),
    ),
    "entry, asked": (
        SIGN_IN_PAGE,
        CLIENT_OPEN,
        go_to_screen("entry", record="r2"),
        fill("Your question", "What did he do then?"),
        press("Send the question"),
    ),
    "entry, written by an advocate": (SIGN_IN_PAGE, CLIENT_OPEN, go_to_screen("entry", record="r1")),
    "entry, not sent": (
        SIGN_IN_PAGE,
        CLIENT_OPEN,
        js("fake.fail.writeLetter = 'unavailable'"),
        go_to_screen("entry", record="r3"),
        fill("Your question", "What did he do then?"),
        press("Send the question"),
    ),
    "entry, looked through": (
        SIGN_IN_PAGE,
        CLIENT_OPEN,
        go_to_screen("entry", record="r2"),
        js("await fake.mark('r2')"),
    ),
    "entry, more since": (
        SIGN_IN_PAGE,
        CLIENT_OPEN,
        js("fake.set({marks: {r2: {at: Date.now(), record: 'r2', seq: 0}}})"),
        go_to_screen("entry", record="r2"),
    ),
    "a pack": (
        SIGN_IN_PAGE,
        CLIENT_OPEN,
        go_to_screen("pack"),
        js("stage.packing.by = ''; stage.draw()"),
        press("Make the pack"),
    ),
    "a pack, some entries": (
        SIGN_IN_PAGE,
        CLIENT_OPEN,
        go_to_screen("pack"),
        js("Object.assign(stage.packing, {how: 'some'}); stage.draw()"),
    ),
    "a pack, some dates": (
        SIGN_IN_PAGE,
        CLIENT_OPEN,
        go_to_screen("pack"),
        js("Object.assign(stage.packing, {how: 'dates'}); stage.draw()"),
    ),
    "a pack, being made": (
        SIGN_IN_PAGE,
        CLIENT_OPEN,
        go_to_screen("pack"),
        js("stage.packing.at = {step: 'files', done: 2, total: 7}; stage.draw()"),
    ),
    "a pack, nothing to say": (
        SIGN_IN_PAGE,
        js("fake.view = {words: [], lacking: [], whole: false, unproved: 2}"),
        CLIENT_OPEN,
        go_to_screen("pack"),
    ),
    "a pack, pages being made": (
        SIGN_IN_PAGE,
        CLIENT_OPEN,
        go_to_screen("pack"),
        js("stage.packing.at = {step: 'pages', done: 1, total: 4}; stage.draw()"),
    ),
    "a pack, stopped": (
        SIGN_IN_PAGE,
        CLIENT_OPEN,
        go_to_screen("pack"),
        js("stage.packing.stopped = true; stage.draw()"),
    ),
    "a pack, ready": (SIGN_IN_PAGE, CLIENT_OPEN, go_to_screen("pack"), press("Make the pack")),
    "a pack, ready but plain": (
        SIGN_IN_PAGE,
        js("fake.pack = {isPlain: true}"),
        CLIENT_OPEN,
        go_to_screen("pack"),
        press("Make the pack"),
    ),
    "a pack, ready but plain for words left out": (
        SIGN_IN_PAGE,
        js("fake.pack = {isPlain: true, hasHeldWords: true}"),
        CLIENT_OPEN,
        go_to_screen("pack"),
        press("Make the pack"),
    ),
    "a pack, ready without some words": (
        SIGN_IN_PAGE,
        js("fake.pack = {unprinted: ['7', 'PK/3']}"),
        CLIENT_OPEN,
        go_to_screen("pack"),
        press("Make the pack"),
    ),
    "a pack, no right": (SIGN_IN_PAGE, js("fake.given = {rights: ['view']}"), CLIENT_OPEN, go_to_screen("pack")),
    "picture": (SIGN_IN_PAGE, CLIENT_OPEN, go_to_screen("file", attachment="a1", record="r0")),
    "picture, uncovered": (
        SIGN_IN_PAGE,
        CLIENT_OPEN,
        go_to_screen("file", attachment="a1", record="r0"),
        set_form_values("{bare: true}"),
    ),
    "film": (SIGN_IN_PAGE, CLIENT_OPEN, go_to_screen("file", attachment="a2", record="r0")),
    "paper": (SIGN_IN_PAGE, CLIENT_OPEN, go_to_screen("file", attachment="a3", record="r0")),
    "a dropped file": (
        SIGN_IN_PAGE,
        SIGNED_IN,
        go_to_screen("dropped"),
        set_form_values(
            "{dropped: {files: [new File(['x'], 'IMG_0412.png'), new File(['y'], 'chat.txt')], grant: '', source: '', "
            "by: 'PK', agreed: false}}"
        ),
        press("Send it to them"),
    ),
    "no dropped file": (SIGN_IN_PAGE, SIGNED_IN, go_to_screen("dropped")),
    "writing down": (SIGN_IN_PAGE, CLIENT_OPEN, go_to_screen("assist"), press("Send it to them")),
    "writing down, questions": statement_form_steps("false", turns=f"{OPEN_PROMPT_TURN}, {OWN_QUESTION_TURN}"),
    "writing down, under 18": (
        *statement_form_steps("true", turns="{asked: '', words: '', said: 'He was there.'}"),
        press("Send it to them"),
    ),
    "writing down, no initials": (*statement_form_steps("false", "by: ''"), press("Send it to them")),
    "writing down, not sent": (
        SIGN_IN_PAGE,
        js("fake.fail.writeLetter = 'unavailable'"),
        *statement_form_steps("false"),
        press("Send it to them"),
    ),
    "writing down, sent": (SIGN_IN_PAGE, *statement_form_steps("false"), press("Send it to them")),
    "you": (SIGN_IN_PAGE, js("fake.in(0); stage.stand({name: 'you'})")),
    "you, leaving": (SIGN_IN_PAGE, js("fake.in(0); stage.stand({name: 'you'})"), press("Leave the organisation")),
    "team": (
        SIGN_IN_PAGE,
        js("fake.in(0); stage.stand({name: 'organisation'})"),
        set_form_values(INVITE_VALUES),
        press("Make the table"),
    ),
    "team, inviting": (SIGN_IN_PAGE, js("fake.in(0); stage.stand({name: 'organisation'})"), press("Invite a member")),
    "team, ending": (
        SIGN_IN_PAGE,
        js("fake.in(0); stage.stand({name: 'organisation'})"),
        lambda page: page.locator(".desk-members button").last.click(),  # its name holds the member's
    ),
    "team, no connection": (
        SIGN_IN_PAGE,
        js("fake.in(0); fake.fail.readOrganisation = 'unavailable'; stage.stand({name: 'organisation'})"),
    ),
}
