/**
 * The words of locking, the notebook in front, the short secret, clearing the phone and the home screen. Same rules as
 * strings.js.
 */
import { learn } from '../strings.js';

export const STRINGS_LOCKS = {
  'more.locks': 'Locking, notebook and clearing',
  'more.homescreen': 'On the home screen',
  'locks.title': 'Locking',
  'locks.hidden': 'Lock when this is out of sight for',
  'locks.idle': 'Lock when nothing is touched for',
  'locks.now': 'No time at all',
  'locks.minutes.one': '1 minute',
  'locks.minutes.other': '{n} minutes',
  'locks.why': 'Shorter is safer. You are told 20 seconds before it locks, and what you were writing is kept.',
  'locks.leave': 'Leaving in a hurry',
  'locks.leave_lead':
    'The arrow at the top locks this at once and shows a notebook, with no signal too. On a keyboard, press Shift three times. To come back, hold the notebook’s title for a second. Leaving does not clear the browser’s history.',
  'locks.cover': 'A notebook in front',
  'locks.cover_on': 'On: it has words of its own',
  'locks.cover_off': 'Off',
  'locks.short': 'A short secret (PIN)',
  'locks.short_on': 'On',
  'locks.clear': 'Clear this phone',
  'locks.clear_more': 'Takes what is kept safe off this phone',

  'cover.title': 'A notebook in front',
  'cover.lead':
    'This app is a working notebook too. You can choose other words that open the notebook instead. If someone wants to see what is here, they can see that.',
  'cover.helps': 'It helps if',
  'cover.helps_1': 'someone glances at the phone, or looks through it for a moment.',
  'cover.not': 'It does not help if',
  'cover.not_1': 'they know this app.',
  'cover.not_2': 'they can make you give more than one set of words.',
  'cover.not_3': 'there is spyware on the phone.',
  'cover.not_4': 'the phone is examined.',
  'cover.more': 'Know this too',
  'cover.more_1':
    'The notebook is there to be seen. It has no lock that would keep an expert out, so keep nothing in it that matters.',
  'cover.more_2':
    'Your words here do not show in the room that this app uses, as long as you write about as often as you open it. Above about 20 MB of pictures, and where you write much more, the phone’s settings show how much room is used.',
  'cover.more_3': 'Android lists the apps that are installed, and the history of pages.',
  'cover.more_4':
    'If this case goes to court, the other side may be told that you used this app. After that the notebook will not fool them.',
  'cover.more_5': 'If you are watched, use a safer device.',
  'cover.read': 'I have read this',
  'cover.need': 'Tick the box if you want to go on.',
  'cover.words': 'Words for the notebook',
  'cover.words_hint': 'At least 12 characters, and not the words of your diary.',
  'cover.again': 'Type them once more',
  'cover.differ': 'The two are not the same. Type them once more.',
  'cover.do': 'Turn it on',
  'cover.doing': 'Turning it on…',
  'cover.done': 'On. These words open the notebook.',
  'cover.change': 'Other words',
  'cover.stop': 'Turn it off',
  'cover.stopped': 'Off. Those words open nothing now.',
  'cover.opens': 'What stands there when this is opened?',
  'cover.at_lock': 'The lock',
  'cover.straight': 'The notebook',
  'cover.opens_more':
    'With the notebook there first, hold its title for a second: then the lock comes, and your words open your entries as before.',

  'only.lead': 'Notes or lists, behind words of your own. No diary is begun here.',
  'only.good': 'What it is good for',
  'only.good_1': 'A notebook, and nothing else. It works with no signal.',
  'only.good_2': 'It has the same lock as a diary. So a lock on this app does not show that someone keeps a diary.',
  'only.not': 'What it does not do',
  'only.not_1': 'A notebook is not a diary: nothing shows when a note was written.',
  'only.not_2': 'No copy is kept off this phone. If the phone is lost, the notes are gone.',
  'only.not_3': 'The words stop someone who looks. They do not stop an expert, so keep nothing in it that matters.',
  'only.not_4': 'If you forget the words, nobody can open the lock.',
  'only.not_5':
    '“Add picture” is on the lock, as it is with a diary. Here nothing can ever open what is put in that way.',
  'only.later': 'If you want a diary later',
  'only.later_1':
    'On this phone: remove this app’s data in the browser’s settings, then begin again. That deletes the notes.',
  'only.later_2': 'Or use another device.',
  'only.opens_more': 'With the notebook there first, hold its title for a second: then the lock comes.',
  'only.words_hint': 'At least 12 characters. If you have a diary on another device, not its words.',
  'only.do': 'Make it a notebook',

  'short.title': 'A short secret (PIN)',
  'short.lead': 'Six characters or more that open this phone’s entries instead of your words.',
  'short.good': 'Quicker to type when you have little time. Your words go on working.',
  'short.bad':
    'Far easier to guess than your words. Whoever copies all of this phone’s storage could find a short secret in minutes or hours, and would then read everything.',
  'short.tries':
    'After ten wrong tries in a row, or thirty in a day, it stops working. Your words still open everything, and nothing is erased.',
  'short.not': 'Do not use the phone’s own PIN, a birthday or anything that someone could know.',
  'short.read': 'I have read this and want it all the same',
  'short.secret': 'Short secret',
  'short.again': 'Type it once more',
  'short.few': 'Use six characters or more.',
  'short.differ': 'The two are not the same. Type it once more.',
  'short.do': 'Turn it on',
  'short.done': 'On. This short secret opens your entries too.',
  'short.stop': 'Turn it off',
  'short.stopped': 'Off. It opens nothing now.',

  'clear.title': 'Clear this phone',
  'clear.lead':
    'For when someone is about to look. Everything that is “kept safe” leaves this phone at once, and a notebook is shown. Nothing is asked, and it works with no signal.',
  'clear.stays':
    'What has not been sent stays, sealed, and goes when you next type your words on this phone. Then everything that was sent comes back, when there is signal.',
  'clear.only':
    'No copy is kept off this phone, so nothing can be taken off it. It locks, and all of it stays here, sealed.',
  'clear.disk':
    'What is erased can stay on the phone’s storage for a while. It is sealed, and it cannot be read without your words.',
  'clear.anywhere': 'On any screen: hold the arrow at the top for two seconds.',
  'clear.hold': 'Hold for two seconds to clear',

  'home.title': 'On the home screen',
  'home.lead':
    'On the home screen this opens like an app, and works with no signal. First choose what it looks like. The name and the picture cannot be changed there later without adding it again.',
  'home.skin': 'What should it look like?',
  'home.notes': 'Notes',
  'home.lists': 'Lists',
  'home.skin_more': 'The notebook changes with it: notes, or lists to tick off.',
  'home.ios': 'iPhone or iPad',
  'home.ios_1': 'In Safari, tap Share: the square with the arrow.',
  'home.ios_2': 'Tap “Add to Home Screen”, then “Add”.',
  'home.ios_3':
    'From now on open it from the home screen. What was written in Safari is not there: sign in with your name and words.',
  'home.ios_warn':
    'Left in Safari, what is only on this phone is removed when this page has not been opened for seven days. Make the copy off this phone first.',
  'home.android': 'Android',
  'home.android_1': 'Open the browser’s menu: the three dots.',
  'home.android_2': 'Tap “Add to Home screen” or “Install app”.',
  'home.android_3': 'It then stands in the list of apps, and in the browser’s history.',
  'home.desk': 'Computer',
  'home.desk_1': 'In Chrome or Edge, use the small picture of a screen at the end of the address bar.',
  'home.desk_2': 'Anyone who uses this computer’s account can see it there.',
  'home.seen': 'Anyone who looks at the phone can see that it is there.',
};

learn(STRINGS_LOCKS);
