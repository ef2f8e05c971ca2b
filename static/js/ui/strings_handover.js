/** The words of handing a pack over. Same rules as strings.js. */
import { learn } from './strings.js';

learn({
  'hand.way': 'Hand it over with eight words', 'hand.way_more': 'It waits, sealed, for the person you choose. No file is left on this phone.',
  'hand.list': 'Handed over', 'hand.list_more': 'Packs waiting to be fetched, and when they were opened',
  'hand.title': 'Hand this pack over', 'hand.lead': 'It is sealed here and left on the server, which cannot read it. You get eight words. Whoever has them can fetch the pack, on any computer.',
  'hand.limits': 'It can be opened five times, for 14 days. You can see each time, and end it whenever you like.',
  'hand.careful': 'Give the words to one person you trust: by phone, or on paper. Not in a message, if someone may read your messages.',
  'hand.to': 'Who is it for?', 'hand.to_hint': 'You can leave this empty. It is a note for you.', 'hand.do': 'Leave it and get the words', 'hand.why': 'The server takes a pack only with your own words. They are not the eight words for the other person.', 'hand.gone': 'The pack is no longer here. Make it again, then hand it over.',
  'hand.words': 'Making the words', 'hand.sending': 'Leaving the pack', 'hand.stop': 'Stop', 'hand.stopped': 'Stopped. Nothing was left on the server.', 'hand.carry_on': 'You can go to other pages. Locking stops it.',
  'hand.made': 'These eight words open it', 'hand.say': 'Say them slowly, with their numbers, or write them down.', 'hand.where': 'They type them on this page:', 'hand.until': 'Until {day}, {clock}.',
  'hand.written': 'Done', 'hand.none': 'Nothing is waiting to be fetched.', 'hand.lead_list': 'Times are those of the server’s clock.',
  'hand.waits': 'Not opened yet', 'hand.never': 'It was not opened', 'hand.for': 'For {who}', 'hand.opened.one': 'Opened {when}', 'hand.opened.other': 'Opened {n} times, last {when}', 'hand.today': 'today {clock}', 'hand.on': '{day}, {clock}', 'hand.left': '{left} of {most} openings left',
  'hand.ended': 'You ended it {when}', 'hand.ran_out': 'It ran out {when}', 'hand.used_up': 'Opened as often as it can be', 'hand.each': 'Each time it was opened', 'hand.show': 'Show the words', 'hand.hide': 'Cover the words', 'hand.elsewhere': 'The words are on the device that made it.',
  'hand.end': 'End it now', 'hand.end_title': 'End this now?', 'hand.end_lead': 'Nobody can fetch it any more, with the words or without. Whoever has fetched it keeps their copy. You can hand the pack over again later, with new words.', 'hand.end_do': 'End it', 'hand.end_done': 'Ended. Nobody can fetch it now.', 'hand.unnamed': 'A pack',
  'hand.offline': 'This needs a signal. Nothing has changed.', 'hand.look_again': 'Look again', 'hand.here': 'There is no signal. These are the words this phone keeps. You see openings again, and can end it, when there is one.',
});
