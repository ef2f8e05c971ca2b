/** The words of More and Help; loaded with those screens. Same rules as strings.js. */
import { learn } from '../strings.js';

export const STRINGS_LATER = {
  // More.
  'more.title': 'More',
  'more.g_police': 'Police, school and others',
  'more.g_story': 'More of the story',
  'more.g_entries': 'Entries and files',
  'more.g_kept': 'Keeping it safe',
  'more.g_open': 'Who can open it',
  'more.g_how': 'How this works',
  'more.hold_more': 'When someone asks you to keep everything',
  'more.copy': 'Keep a copy off this phone',
  'more.copy_done': 'A copy is kept off this phone',
  'more.code': 'Your code, for paper',
  'more.kept': 'Save a sealed copy in a file',
  'more.compare': 'Is everything there?',
  'more.devices': 'Where you are signed in',
  'more.import': 'Bring in a saved chat or email',
  'more.import_more': 'WhatsApp export or .eml',
  'more.space': 'Space',
  'more.about': 'What this protects you from, and what not',
  'more.check': 'About this phone',
  'more.signout': 'Sign out on this device',
  'more.code_done': 'Written down and checked',
  'more.code_todo': 'Not written down yet',
  'more.name': 'Sign-in name: {login}',
  'devices.title': 'Where you are signed in',
  'devices.words': 'Type your words to see this',
  'devices.show': 'Show',
  'devices.here': 'This device',
  'devices.since': 'Signed in {at}',
  'devices.seen': 'Last used {at}',
  'devices.end': 'Sign it out',
  'devices.ended': 'Signed out.',
  'devices.unknown': 'A device',

  'signout.title': 'Sign out on this device',
  'signout.lead':
    'This signs the phone out and locks it. Your entries stay sealed here, and in the copy kept off this phone. When you open this again with your words, the phone signs in again by itself.',
  'signout.unsent':
    'Some entries have not been sent yet. Wait until they say “Kept safe”, or they stay sealed on this phone only until you open it again.',
  'signout.do': 'Sign out and lock',
  'about.title': 'What this protects you from, and what not',
  'about.yes': 'It helps when',
  'about.yes_1':
    'someone picks up your phone: it locks itself after a minute out of sight and after five minutes without a touch.',
  'about.yes_2': 'the phone is lost or broken: with your name and words you have everything that was kept off it.',
  'about.yes_3': 'someone gets hold of the server: what is kept there is sealed, and it cannot be read there.',
  'about.yes_4': 'someone says you changed it later: every version you saved stays, with its date.',
  'about.no': 'It does not help when',
  'about.no_1': 'someone makes you open it.',
  'about.no_2': 'there is something on the phone that watches the screen or what you type.',
  'about.no_3': 'an expert examines the phone: they can see that this page was used.',
  'about.no_4': 'you forget your words and have no code. Nobody can open it then.',
  'about.no_5': 'your words are easy to guess.',
  'about.server':
    'The server can see when, and roughly how much, you write. While a pack is made it can read what you chose for it.',

  // Help.
  'help.title': 'Help',
  'help.first': 'You do not have to collect anything before you report.',
  'help.how': 'How can you talk?',
  'help.show': 'Show someone now',
  'help.call': 'I call',
  'help.text': 'I text',
  'help.bsl': 'I use BSL',
  'help.unchecked': 'Not yet checked',
  'help.ring': 'Ring {number}',
  'help.sms': 'Text {number}',
  'help.sheet_title': 'Ring {number}?',
  'help.sheet_sms': 'Text {number}?',
  'help.sheet_lead':
    'The phone you hold will ring out, or another device that shares your account. The number stays in its list of calls.',
  'help.sheet_lead_sms':
    'The message stays on the phone you hold, and may show on other devices that share your account.',
  'help.ring_do': 'Ring now',
  'help.sms_do': 'Write the text',
  'help.leave_lead':
    'The button at the top locks this at once. On a keyboard, press Shift three times. It does not clear the browser’s history.',
};

learn(STRINGS_LATER);
