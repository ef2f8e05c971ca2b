/**
 * The words of a device that is not the keeper's: a private window first, what stays without one, and how to take it
 * away. Same rules as strings.js.
 */
import { learn } from '../strings.js';

learn({
  'borrowed.lead':
    'For a friend’s phone, or a computer at a library, at school or at work. You sign in with your name and your words. Nothing you write is kept on it.',
  'borrowed.private': 'First, open a private window',
  'borrowed.why':
    'A private window forgets that this page was open, as soon as you close it. An ordinary one does not.',
  'borrowed.how_ios': 'In Safari: tap the two squares, then “Private”, then the plus.',
  'borrowed.how_android': 'In Chrome: tap the three dots, then “New Incognito tab”.',
  'borrowed.how_desk':
    'In Chrome or Edge: Ctrl, Shift and N together. In Firefox: Ctrl, Shift and P. On a Mac, Cmd in place of Ctrl.',
  'borrowed.address': 'Then type this address there:',
  'borrowed.go': 'This is a private window',
  'borrowed.cannot': 'I cannot open one',
  'borrowed.then': 'While it is open',
  'borrowed.then_1': 'It locks after two minutes without a touch.',
  'borrowed.then_2': 'What has not been sent when you close it is lost. The page says so first.',
  'borrowed.then_3': 'Close the window when you are done.',
  'borrowed.begins': 'There is no diary yet: begin one here',
  'borrowed.begins_1': 'For somebody who has no phone or computer of their own.',
  'borrowed.begins_2':
    'Have paper ready. Write down the sign-in name, the words and the code before you close: nothing of it is kept here.',
  'borrowed.begins_3':
    'Later they sign in on a device of their own and choose new words there, which nobody else has seen.',
  'borrowed.typed': 'I type what somebody else says',
  'borrowed.typed_more': 'Each new entry then says that it was typed for them, on the screen and in a pack.',
  'borrowed.stays': 'What stays in an ordinary window',
  'borrowed.stays_1':
    'This browser keeps the address of this page, its small picture and pieces of its code. No page can take those away. None of it is anything you write.',
  'borrowed.stays_2':
    'If the browser offers to save your name or your words, choose Never. Otherwise your sign-in name is kept here.',
  'borrowed.remove': 'To take it away afterwards',
  'borrowed.remove_1': 'Close this tab. Open the browser’s history, look for the address below, and delete it there.',
  'borrowed.remove_2': 'Where it can be chosen, delete “site data” and “cached files” of the last hour too.',
  'borrowed.remove_3': 'Someone who knows their own history well may notice that a part is gone.',
  'borrowed.copy_title': 'Keep a copy off this device',
  'borrowed.copy_lead': 'It is sealed before it leaves, and whoever runs the server cannot read it.',
  'borrowed.copy_done': 'A copy is now kept off this device.',
  'borrowed.anyway': 'Go on in this window',
  'borrowed.look': 'What stays here',
});
