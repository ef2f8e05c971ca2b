/**
 * Every word on the screens, in one table, so that a translator, a reviewer and the extractor of the
 * catalogue need look nowhere else. `{name}` is filled in by `t`; a key ending in `.one` / `.other` is chosen
 * by number with `tn`. Codes of the record have their labels in record/vocabulary/vocabulary.js.
 */
export const STRINGS = {
  // The door: nothing here says what the page is for.
  'door.name': 'Notes',
  'skin.lists': 'Lists',
  'door.words': 'Your words',
  'door.open': 'Open',
  'door.opening': 'Opening…',
  'door.start': 'Start',
  'door.borrowed': 'This is not my phone',
  'door.only': 'Only a notebook',
  'borrowed.line': 'Not your phone: nothing is kept here. Close the tab when you are done.',
  'borrowed.owing': 'Not sent yet. Keep this page open.',
  'door.signin': 'I have a sign-in name',
  'door.back': 'Back',
  'door.again': 'Try again',
  'door.signin_title': 'Sign in',
  'door.login': 'Sign-in name',
  'door.code': 'Your code',
  'door.lack': 'This is needed too.',
  'door.code_hint': 'Twelve words, or letters and numbers, from your paper.',
  'door.with_code': 'Use my code instead',
  'door.with_words': 'Use my words instead',
  'door.copy': 'I have a sealed copy in a file',
  'door.new_words': 'New words',
  'door.new_words_hint': 'At least 12 characters. These will open this from now on.',

  'door.language': 'Language',
  'door.draft': 'This translation is a draft. Nobody who grew up with this language has checked it yet.',
  'door.elsewhere_title': 'Open in another tab',
  'door.elsewhere': 'Only one tab can be open at a time. Close the other one, then try again here.',
  'door.unfetched_title': 'Not all of this page has come',
  'door.unfetched': 'The signal may be weak. Nothing was lost. Try again.',
  'door.unsupported_title': 'This browser is too old',
  'door.unsupported': 'Please use a newer browser, or another device.',

  'picture.title': 'Add picture',
  'picture.add': 'Add',
  'picture.save': 'Save',
  'picture.file': 'Picture {n}',

  // First run.
  'safety.title': 'Is this phone safe to write on?',
  'safety.why': 'Someone who can unlock this phone, or who set it up, may be able to see what you do on it.',
  'safety.stored': 'Your answer is not saved anywhere.',
  'safety.yes': 'Yes',
  'safety.unsure': 'Not sure',
  'safety.no': 'No',
  'safety.first': 'You do not have to collect anything before you tell someone.',
  'safety.numbers':
    'In danger now, ring 999. Police when it is not urgent: 101. National Stalking Helpline: 0808 802 0300.',
  'check.title': 'About this phone',
  'check.lead': 'Answer what you can. None of it is saved.',
  'check.done': 'What this means',
  'check.go': 'Write here',
  'check.stop': 'Stop here',
  'check.result_none': 'It stands here as you answer.',
  'check.result_here': 'You can write here.',
  'check.result_words': 'Write here, but without pictures.',
  'check.result_other': 'Use another device.',
  'check.result_other_more':
    'A phone of a friend, or a computer at a library, school or work that only you use, is safer. None of your answers is kept here. This browser’s history says that the page was opened.',
  'check.notice': 'Changing it may be noticed.',
  'check.setup': 'Did someone else set up this phone, or do they know its PIN?',
  'check.setup_do': 'Change the PIN when you are alone, and remove fingerprints or faces that are not yours.',
  'check.account': 'Is the phone’s account somebody else’s email address?',
  'check.account_do':
    'Whoever owns that account may see photos, backups and where the phone is. Ask a helpline about moving to your own.',
  'check.photos': 'Do your photos show up on another device?',
  'check.photos_do':
    'Do not take pictures with the phone’s own camera app. Use the camera inside this page, or only words.',
  'check.managed': 'Is it a work, school or family-managed phone?',
  'check.managed_do': 'Whoever manages it may see which pages are opened. Use another phone for this.',
  'check.bill': 'Does someone else pay the bill?',
  'check.bill_do':
    'They may see numbers you ring and text. Numbers starting 0808 or 0800, 999 and 101 do not show on most bills.',
  'check.wifi': 'Is this somebody else’s Wi-Fi?',
  'check.wifi_do': 'They may see that this address was opened. Use mobile data.',
  'check.known': 'Has anyone known things about you that they should not?',
  'check.known_do':
    'There may be something on this phone that watches it. Use another phone, and tell a helpline or the police before you change this one.',

  // Frame.
  'bar.place': 'Notes',
  'bar.draft': 'draft translation',
  'bar.help': 'Help',
  'bar.leave': 'Leave now',
  'bar.back': 'Back',
  'nav.label': 'Main',
  'nav.entries': 'Entries',
  'nav.lock': 'Lock',
  'nav.add': 'Add',
  'nav.share': 'Share',
  'nav.more': 'More',
  'frame.locking': 'Locking in {n} seconds. What you wrote is kept.',
  'frame.locking_soon': 'Locking in twenty seconds. What you wrote is kept.',
  'frame.stay': 'Keep open',
  'frame.update': 'A new version is ready.',
  'frame.update_do': 'Use it now',
  'frame.unsigned':
    'A newer version of this page waits, and those who made this one have not signed it. Nothing was changed. Leave this page open, and ask whoever gave you its address. If you close it, do not type your words in it again before they say that it is right.',
  'frame.loading': 'One moment…',
  'frame.lazy': 'This part has not loaded yet. Nothing is lost. Try again when there is signal.',
  'frame.recovery': 'You have not written down your code yet.',
  'frame.recovery_do': 'Do it now',
  'frame.exit_once':
    'The arrow at the top locks this at once and shows a notebook. It does not clear the browser’s history.',
  'frame.exit_seen': 'I have read this',
  'frame.look': 'Look at what is missing',
  'frame.cancel': 'Cancel',
  'frame.done': 'Done',
  'frame.next': 'Next',
  'frame.close': 'Close',

  // Add.
  'add.title': 'What happened?',
  'add.alone': 'No one is told when you write here.',
  'add.read': 'The other side may read this one day. Keep addresses, new numbers and plans out of it.',
  'add.when': 'When was it?',
  'add.save': 'Save',
  'add.saving': 'Saving…',
  'add.need': 'Write something, or choose a time. Either is enough.',
  'add.saved': 'Saved',
  'add.kept_draft': 'Kept while you write.',
  'add.waiting.one': 'One picture is waiting to be added.',
  'add.waiting.other': '{n} pictures are waiting to be added.',
  'add.drop': 'Throw this draft away',
  'add.drop_ask': 'Throw this draft away? It has not been saved as an entry and cannot come back.',
  'add.drop_do': 'Throw it away',
  'add.more': 'Add more if you want to. All of it can wait.',
  'add.another': 'Add another entry',
  'add.see': 'See this entry',
  'when.just_now': 'Just now',
  'when.earlier_today': 'Earlier today',
  'when.yesterday': 'Yesterday',
  'when.pick': 'Pick a time',
  'when.not_sure': 'Not sure',
  'when.how': 'How sure are you of the time?',
  'when.exact': 'Exact',
  'when.about': 'About',
  'when.part': 'Part of the day',
  'when.day': 'Some time that day',
  'when.between': 'Between or unsure',
  'when.span': 'Between which?',
  'when.days': 'Two days or times',
  'when.month': 'Some time in a month',
  'when.season': 'Some time in a season',
  'when.any_day': 'Any day in it',
  'when.until_time': 'Time (to)',
  'when.stamped': 'The message or call itself shows this time',
  'say.month': 'some time in {month}',
  'say.to': 'to',
  'say.today': 'Today, {day}',
  'say.yesterday': 'Yesterday, {day}',
  'say.about': 'about {time}',
  'say.until': 'until {day}',
  'say.bytes': '{n} bytes',
  'say.part_early_morning': 'Early morning',
  'say.part_morning': 'Morning',
  'say.part_afternoon': 'Afternoon',
  'say.part_evening': 'Evening',
  'say.part_night': 'Night',
  'say.Winter': 'Winter {year}',
  'say.Spring': 'Spring {year}',
  'say.Summer': 'Summer {year}',
  'say.Autumn': 'Autumn {year}',
  'when.date': 'Date',
  'when.from': 'From',
  'when.until': 'To',
  'when.time': 'Time',
  'when.part_which': 'Which part?',
  'when.twice': 'That night the clocks went back, so this time came twice. Which one was it?',
  'when.first': 'The first',
  'when.second': 'The second',
  'when.lack_date': 'Choose a date.',
  'when.lack_time': 'Choose a time, or “Some time that day”.',
  'when.lack_part': 'Choose a part of the day.',
  'when.lack_until': 'Choose the last day.',
  'when.lack_order': 'The last day is before the first.',
  'when.lack_future': 'That has not happened yet. Look at the date and time again.',
  'when.lack_skipped':
    'That night the clocks went forward, so this time did not happen. Choose an hour later or earlier.',
  'when.lack_early': 'That is too long ago. Look at the year again.',
  'when.lack_until_time': 'Choose the time it ended too, or neither.',
  'when.lack_twice': 'Choose the first or the second.',
  'guard.postcode': 'This looks like an address: “{found}”.',
  'guard.number': 'This looks like a phone number: “{found}”.',
  'guard.kept_apart': 'You keep this apart: “{found}”.',
  'guard.move': 'Move this to Where (kept apart)',
  'guard.leave': 'Leave it',

  // Words.
  'words.title': 'Choose words that open this',
  'words.lead': 'Use these six words, or your own. You will type them each time you open this.',
  'words.show': 'Show',
  'words.hide': 'Cover',
  'words.others': 'Six other words',
  'words.suggested': 'Six words you could use',
  'words.covered': 'Covered',
  'words.type': 'Type your words',
  'words.again': 'Type them once more',
  'words.again_hint': 'These are your own words, so type them twice.',
  'words.save': 'Save with these words',
  'words.differ': 'The two are not the same. Type them once more.',
  'words.near': 'That is nearly the six words above. Look at them again, or type your own twice.',
  'words.none': 'Type the words that will open this.',
  'words.short': 'Use at least 12 characters.',
  'words.common': 'That is easy to guess. Choose something else.',
  'words.forget': 'Nobody can look these words up for you. Later you can write down a code in case you forget them.',
  'words.never': 'If your phone offers to save these words, choose Never.',
  'words.saving': 'Saving. This takes a few seconds…',

  // Copy off the phone, code.
  'copy.borrowed': 'This device keeps nothing. Without the copy, all of it is gone when the page is closed.',
  'copy.title': 'Keep a copy off this phone',
  'copy.lead':
    'If this phone is lost, broken or taken, the copy is still there. It is sealed before it leaves, and whoever runs the server cannot read it.',
  'copy.asks': 'A sign-in name is made for you. No email, phone number or name is asked for.',
  'copy.words': 'Type your words',
  'copy.do': 'Keep a copy off this phone',
  'copy.doing': 'Setting up…',
  'copy.not_now': 'Not now',
  'copy.name_title': 'Your sign-in name',
  'copy.name_lead':
    'With this name and your words you can open your entries on another device. Write both down, on paper, somewhere safe.',
  'copy.code_now': 'Write down my code',
  'copy.later': 'Later',
  'copy.done': 'A copy is now kept off this phone.',
  'copy.only_here': 'Only on this phone',
  'copy.ios_how': 'How to add it to the home screen',
  'copy.ios':
    'Add this to your home screen first, or make the copy off this phone now. Until then it is only in this browser, and may be removed in 7 days.',
  'code.title': 'Your code, for paper',
  'code.lead':
    'If you forget your words, this name and code open your entries. Write them by hand. Do not take a picture of them.',
  'code.make': 'Show my code',
  'code.again':
    'You have been shown a code before. A new one takes its place: what is on your paper then opens nothing.',
  'code.make_new': 'Make a new code',
  'code.place': 'Keep the paper where only you look, and not with this phone.',
  'code.name': 'Sign-in name',
  'code.words': 'As twelve words',
  'code.letters': 'As letters',
  'code.written': 'I have written it down',
  'code.check_title': 'Check your paper',
  'code.check': 'Type the code from your paper',
  'code.check_do': 'Check',
  'code.look': 'See it again',
  'code.wrong': 'That is not the same as the code. Look at your paper again.',
  'code.done': 'Your code is written down and checked.',
  'code.first_copy': 'First keep a copy off this phone. The code is for opening that copy.',

  // State of an entry.
  'state.sealed': 'Sealed on this phone',
  'state.only': 'Sealed, only on this phone',
  'state.only_tab': 'Sealed, only in this browser. It may be removed in 7 days.',
  'state.sending': 'Sending',
  'state.kept': 'Kept safe {time}',
  'state.trouble': 'Not sent yet. It is safe on this phone.',
  'state.files.one': 'Words kept safe. 1 file still to send.',
  'state.files.other': 'Words kept safe. {n} files still to send.',
  'state.part.one': 'Words kept safe. 1 file still to send, {percent} % of it sent.',
  'state.part.other': 'Words kept safe. {n} files still to send, {percent} % of this one sent.',
  'state.elsewhere': 'Words kept safe. Files from your other device are still on their way.',
  'state.unproved': 'Sent. Receipt kept, checked in the pack.',

  // Entries.
  'entries.title': 'Entries',
  'entries.none': 'Nothing here yet.',
  'entries.none_more': 'When something happens, a line and a time are enough.',
  'entries.no_words': 'No words yet',
  'entries.new': 'New',
  'entries.number': 'No. {n}',
  'entries.pictures.one': '1 file',
  'entries.pictures.other': '{n} files',
  'entries.added.one': 'added to once',
  'entries.added.other': 'added to {n} times',
  'entries.changed': 'changed',
  'entries.earlier': 'Show earlier entries',
  'entries.unknown_day': 'Time not known',
  'entries.choose': 'Choose an entry from the list.',
  'entries.draft': 'You have a draft',
  'entries.draft_do': 'Carry on writing',
  'entry.title': 'Entry',
  'entry.missing': 'This entry cannot be opened right now.',
  'entry.changing': 'Change the words or the time',
  'entry.written': 'Written down',
  'entry.when': 'When',
  'entry.kind': 'What kind',
  'entry.who': 'Who',
  'entry.where': 'Where',
  'entry.detail': 'Where exactly (kept apart)',
  'entry.effect': 'How it affected you',
  'entry.feelings': 'How you felt',
  'entry.fear': 'Afraid they would be violent',
  'entry.files': 'Photos & screenshots',
  'entry.note': 'Private note',
  'entry.details': 'Add details',
  'entry.history': 'Everything you saved, with dates',
  'entry.no_words': 'No words yet.',
  'history.first': 'First version',
  'history.settling': 'Saved in the first ten minutes',
  'history.addition': 'Added',
  'history.amendment': 'Changed',
  'history.reason': 'Reason: {reason}',
  'history.was': 'Before: {old}',
  'history.now': 'Now: {new}',
  'history.blank': 'left blank',
  'history.by': 'on {by}',
  'reason.title': 'Why are you changing this?',
  'reason.lead': 'What you wrote before stays in the history with its date. A short reason helps anyone who reads it.',
  'reason.field': 'Reason',
  'reason.hint': 'For example: I remembered the time wrong.',
  'reason.save': 'Save the change',
  'reason.need': 'Write a short reason.',

  // Cards.
  'card.save': 'Save this card',
  'card.saved': 'Saved',
  'card.more': 'More',
  'files.title': 'Photos & screenshots',
  'files.hint': 'Screenshots, photos, letters, recordings: up to 200 MB each.',
  'files.camera': 'Take a picture here',
  'files.camera_why': 'Leaves no copy in your photos.',
  'files.photos': 'Choose from photos',
  'files.any': 'Choose a file',
  'files.paste': 'You can also paste a picture on this page.',
  'files.get': 'Get a picture',
  'files.get_why':
    'Locks this, so that you can go and take a screenshot. For ten minutes, coming back shows only a page to add a picture.',
  'files.get_do': 'Lock and get a picture',
  'files.child': 'Do not add a sexual picture of anyone under 18, even of yourself. Write what it showed instead.',
  'files.sealing': 'Sealing {name}',

  'camera.take': 'Take it',
  'camera.refused': 'The camera could not be opened. You can choose a picture instead.',
  'camera.live': 'What the camera sees',
  'file.touch': 'Show the picture',
  'file.cover': 'Cover the picture',
  'file.no_preview': 'This browser cannot show this kind of picture. It is kept just as it came.',
  'file.size': 'Size',
  'file.came': 'How it came',
  'file.received': 'Received by this page',
  'file.type': 'Kind of file',
  'file.mismatch': 'The name says {claimed}, but the contents are {magic}. It is kept just as it came.',
  'file.digest': 'Its fingerprint (SHA-256)',
  'file.state': 'State',
  'file.open': 'Look at {name}',
  'file.picture_of': 'Picture: {name}',
  'outside.title': 'A copy is still in your photos',
  'outside.lead': 'It may also be on other devices that share your account.',
  'outside.keep': 'Fine, keep it there',
  'outside.keep_why': 'Best for the police.',
  'outside.remove': 'Not safe: show me how to remove it',
  'outside.later': 'Later',
  'outside.how':
    'Open your photos, delete the picture, then open “Recently deleted” or the bin and delete it there too. It can also be in a backup or on another device.',
  'outside.removed': 'I have removed it',
  'outside.fine': 'Removing it is never a fault. The date is noted with the picture.',
  'kind.title': 'What kind',
  'kind.search': 'Find a kind',
  'kind.none': 'Nothing matches. Try another word, or “Something else”.',
  'kind.all': 'Show all kinds',
  'kind.text': 'In your own words',
  'kind.chosen': 'Chosen',
  'kind.usual': 'Often chosen',
  'who.title': 'Who',
  'who.field': 'Who did it?',
  'who.hint': 'A name, “my ex”, “the man from the gym”, or “not sure”.',
  'where.title': 'Where',
  'where.detail': 'Where exactly?',
  'where.hint': 'Kept apart: it goes only in the restricted part of a pack, never in the part that may be passed on.',
  'where.other': 'What sort of place?',
  'effect.title': 'How it affected you',
  'effect.words': 'In your own words',
  'effect.feelings': 'How did you feel then?',
  'effect.fear': 'Were you afraid they would be violent?',
  'effect.blank': 'Leave blank',
  'effect.fear_words': 'More about that, if you want',
  'effect.blank_hint': 'Leaving it blank is not the same as “No”.',
  'note.title': 'Private note',
  'note.field': 'Only for you',
  'note.hint': 'Never put in a pack. A court could still ask to see it.',

  'busy.pictures': 'Adding your pictures',
  'busy.fetching': 'Fetching your entries',
  'busy.listing': 'Putting your list in order',
  'progress.percent': '{percent}%',

  // A failure carries its own sentence (diary/sentences.js); this is for one that does not.
  'no.unknown': 'That did not work. Nothing was lost. Try again.',
};

type Key = keyof typeof STRINGS;
const table: Record<string, string> = { ...STRINGS };

let young = false;

/** Ask in a young person's words from the next drawing on, where there are any. */
export function askYoung(on: boolean) {
  young = on;
}

/** Whether this keeper is asked in a young person's words. */
export const isYoung = () => young;

/** A language that has no young words of its own keeps to its usual ones. */
function asked(key: string) {
  const theirs = `young.${key}`;
  return young && theirs in table && (!speaking || theirs in speaking.keys) ? theirs : key;
}

/** Adds the words of a part that is loaded later (strings_later.js). */
export function learn(more: Record<string, string>) {
  Object.assign(table, more);
}

/**
 * * Another language: words by key, and by their English where they come from below the screens. A draft (`reviewed`
 *   false) has been read by nobody who grew up with it: what somebody's safety hangs on is then shown in English as
 *   well.
 */
export type Translation = {
  lang: string;
  dir: 'ltr' | 'rtl';
  reviewed: boolean;
  keys: Record<string, string>;
  said: Record<string, string>;
};

let speaking: Translation | null = null;
let inBoth: (text: string, english: string) => any = (text) => text;
let plural = new Intl.PluralRules('en-GB');

// A draft says its sentences in English too. Only those of these places stand alone: they ask what happened, count, or
// name things, and nobody comes to harm by a wrong word. A new place is not among them until somebody has looked
// (tests/js/language.test.mjs).
const CALM =
  /^(?:(?:begin|chase|count|effect|entries|fcard|find|form|h|items|kind|link|loose|mail|merge|moment|money|more|nb|odd|part|pat|people|plan|play|police|reason|say|sched|terms|who|wording|amount)\.|add\.(?:more|title|waiting|when)|attach\.in_number|card\.(?!apart)|coach\.lead|done\.(?:again|files|said)|entry\.no_words|f\.(?!helped_by_hint|place_ok_hint|reported_text_hint)|forwhom\.title|four\.(?!help|lead|no_two)|frame\.(?:loading|update)|help\.(?:always|checked|closed|how|nothing|official|open|paid|sheet_(?:sms|title)|unknown|where)|import\.(?:direction|how|lenient|look|me|order|own|zone)|log\.(?:how|none|saved|to)|note\.field|order\.none|parts\.title|pick\.title|reg\.(?!altered|nothing|two|unsaved)|sel\.(?:basis|lead|reason|title)|share\.(?:items|log|print|quick|show|start)|voice\.lead|when\.(?!lack)|where\.(?:detail|other)|young\.(?!agree\.|f\.reported_text_hint))/;
const SENTENCE = /[.?!]/;

/**
 * Speak another language from the next drawing on.
 * @param translation null is English
 * @param both draws a sentence with its English beneath
 */
export function speak(translation: Translation | null, both: (text: string, english: string) => any) {
  speaking = translation;
  inBoth = both;
  plural = new Intl.PluralRules(language());
}

/**
 * Short things in one line, with the commas of the language.
 * @param parts those that say nothing are left out
 */
export function inOneLine(parts: readonly (string | null | undefined | false)[]): string {
  return joined(parts, speaking?.lang === 'ur' ? '، ' : ', ');
}

/**
 * The same with dots between, for what is beside each other and no list: a name of letters keeps its end from what
 * comes after it.
 */
export function dotted(parts: readonly (string | null | undefined | false)[]): string {
  return joined(parts, ' · ');
}

const joined = (parts: readonly (string | null | undefined | false)[], between: string) =>
  parts
    .filter(Boolean)
    .map((part) => inItsOrder(String(part)))
    .join(between);

/** The language words, dates and numbers are said in. */
export function language(): string {
  return speaking?.lang ?? 'en-GB';
}

/** @param as how a slot's value is written */
const filled = (text: string, slots: Record<string, string | number>, as: (value: string) => string = inItsOrder) =>
  text.replace(/\{(\w+)\}/g, (whole, name) => (name in slots ? as(String(slots[name])) : whole));

/**
 * What was said lately in another language, in English: a draft's English has slots too, and a day in them is an
 * English one.
 */
const lately: Map<string, string> = new Map();
const MANY = 2000;

/**
 * @param text in the language spoken
 * @returns `text`
 */
export function alsoInEnglish(text: string, english: () => string): string {
  if (!speaking || speaking.reviewed) return text;
  if (lately.size > MANY) lately.clear();
  if (!lately.has(text)) lately.set(text, english());
  return text;
}

const asInEnglish = (text: string) => lately.get(text) ?? text;

/**
 * A number with gaps, a size, a name in another script, within a line that runs from right to left: in its own order.
 * Without this "0808 802 0300" reads "0300 802 0808".
 */
export function inItsOrder(text: string): string {
  return speaking?.dir === 'rtl' && /[A-Za-z]|\d\D+\d/.test(text) ? `\u2068${text}\u2069` : text;
}

/**
 * What `act` makes, in the words of whoever is shown or given it: English, and the usual ones. An officer reads
 * English, and a translator's slip would be taken for the keeper's.
 * @param act makes words and waits for nothing
 */
export function forOthers<T>(act: () => T): T {
  const before = { speaking, young };
  young = false;
  if (speaking) speak(null, inBoth);
  try {
    return act();
  } finally {
    young = before.young;
    if (speaking !== before.speaking) speak(before.speaking, inBoth);
  }
}

function withEnglish(text: string, english: string, isGrave: boolean): string {
  return speaking && !speaking.reviewed && isGrave && text !== english ? inBoth(text, english) : text;
}

/** The words for `key`, with `{name}` filled from `slots`. An unknown key is a fault in the screens: RangeError. */
export function t(key: string, slots: Record<string, string | number> = {}): string {
  const said = asked(key);
  return worded(said, said, slots);
}

/** @param english where the English of it stands */
function worded(key: string, english: string, slots: Record<string, string | number>) {
  const text = table[english];
  if (text === undefined) throw new RangeError(`no words for ${english}`);
  const found = speaking?.keys[key];
  if (found === undefined) return filled(text, slots);
  const known = filled(text, slots, asInEnglish);
  return withEnglish(
    alsoInEnglish(filled(found, slots), () => known),
    known,
    SENTENCE.test(text) && !CALM.test(english),
  );
}

/**
 * A text that comes from below the screens, a label of the vocabulary or a failure's sentence, in the language spoken.
 * @param how `grave`: a failure
 */
export function inWords(text: string, { grave = false }: { grave?: boolean } = {}): string {
  return withEnglish(
    speaking ? alsoInEnglish(speaking.said[text] ?? inTheirPattern(text, speaking.said), () => text) : text,
    text,
    grave,
  );
}

/**
 * A failure's sentence that names a file: `{name}` and what follows it is the pattern, the name is what stands before.
 */
function inTheirPattern(text: string, said: Record<string, string>) {
  const end =
    typeof text === 'string'
      ? Object.keys(said).find((one) => one.startsWith('{name}') && text.endsWith(one.slice(6)))
      : undefined;
  return end ? filled(said[end] as string, { name: text.slice(0, text.length - end.length + 6) }) : text;
}

/** Every word there is so far, for whoever judges the words. */
export function everyWord(): Record<string, string> {
  return { ...table };
}

/**
 * The words for a number of things: `key.one` or `key.other`, with `{n}` filled; another language may have more forms.
 */
export function tn(key: string, n: number, slots: Record<string, string | number> = {}): string {
  const form = plural.select(n);
  const has = speaking && `${key}.${form}` in speaking.keys;
  return worded(`${key}.${has ? form : 'other'}`, `${key}.${n === 1 ? 'one' : 'other'}`, { ...slots, n });
}

/** Whether there are words for `key`. */
export function knows(key: string): boolean {
  return key in table;
}
