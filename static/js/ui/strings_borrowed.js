/** The words of a device that is not the keeper's: a private window first, what stays without one, and how to take it away. Same rules as strings.js. */
import { learn } from './strings.js';

learn({
  'borrowed.lead': 'For a friend’s phone, or a computer at a library, at school or at work. You sign in with your name and your words. Nothing you write is kept on it.',
  'borrowed.private': 'First, open a private window', 'borrowed.why': 'A private window forgets that this page was open, as soon as you close it. An ordinary one does not.',
  'borrowed.how_ios': 'In Safari: tap the two squares, then “Private”, then the plus.', 'borrowed.how_android': 'In Chrome: tap the three dots, then “New Incognito tab”.', 'borrowed.how_desk': 'In Chrome or Edge: Ctrl, Shift and N together. In Firefox: Ctrl, Shift and P. On a Mac, Cmd in place of Ctrl.',
  'borrowed.address': 'Then type this address there:', 'borrowed.go': 'This is a private window', 'borrowed.cannot': 'I cannot open one',
  'borrowed.then': 'While it is open', 'borrowed.then_1': 'It locks after two minutes without a touch.', 'borrowed.then_2': 'What has not been sent when you close it is lost. The page says so first.', 'borrowed.then_3': 'Close the window when you are done.',
  'borrowed.stays': 'What stays in an ordinary window', 'borrowed.stays_1': 'This browser keeps the address of this page, its small picture and pieces of its code. No page can take those away. None of it is anything you write.', 'borrowed.stays_2': 'If the browser offers to save your name or your words, choose Never. Otherwise your sign-in name is kept here.',
  'borrowed.remove': 'To take it away afterwards', 'borrowed.remove_1': 'Close this tab. Open the browser’s history, look for the address below, and delete it there.', 'borrowed.remove_2': 'Where it can be chosen, delete “site data” and “cached files” of the last hour too.', 'borrowed.remove_3': 'Someone who knows their own history well may notice that a part is gone.',
  'borrowed.anyway': 'Go on in this window', 'borrowed.look': 'What stays here',
});
