/** The words of comparing this phone with the server and with other devices. Same rules as strings.js. */
import { learn } from '../strings.js';

learn({
  'server.closes':
    'This server closes on {day}. Before that day, make a sealed copy of everything and open it on another server.',
  'server.closed':
    'This server closed on {day} and takes nothing new. Make a sealed copy of everything and open it on another server.',
  'server.key_look': 'Look at what to do',
  'server.key_title': 'A key this phone does not know',
  'server.key_lead':
    'Whoever runs the server may have lost the old key. Or someone may be standing in between. Nothing is sent until you know which. You can go on writing.',
  'server.key_ask':
    'Ring or meet whoever runs the server. Use a number you already have, not one from the server’s own pages. Ask if they changed their key, and for its six groups of letters and numbers.',
  'server.key_not':
    'If they did not change it, do not go on. Make a sealed copy, and ask someone who helps you for another server.',
  'server.key_old': 'The key this phone knew:',
  'server.key_field': 'The six groups they told you',
  'server.key_hint': '24 letters and numbers, with or without gaps',
  'server.key_none': 'Type what they told you.',
  'server.key_go': 'Go on with this key',
  'server.key_done': 'This phone knows the new key now. What was kept safe before stays as it is.',
  'server.copy': 'Make the copy',
  'server.move':
    'To move: save the copy, then open the other server’s page on this phone or another. Choose “I have a sign-in name”, then “I have a sealed copy in a file”, and keep a copy off the phone there.',
  'server.title': 'Is everything there?',
  'server.lead':
    'Two of your devices that have everything show the same line here. You can also write it on paper and compare later.',
  'server.entries.one': '1 entry',
  'server.entries.other': '{n} entries',
  'server.line': '{entries} · {day} · {code}',
  'server.now': 'This phone now',
  'server.earlier': 'Earlier lines',
  'server.earlier_lead':
    'If the line on your paper is not among these, something is missing. Tell someone who helps you, and look on your other device.',
  'server.none': 'There is nothing to compare yet. It begins with the first entry that is kept safe.',
  'server.check': 'Compare with the server',
  'server.checking': 'Reading what the server has',
  'server.same': 'The server has everything this phone has sent.',
  'server.missing.one': 'The server no longer has 1 thing that this phone sent. It is safe on this phone.',
  'server.missing.other': 'The server no longer has {n} things that this phone sent. They are safe on this phone.',
  'server.extra.one': 'The server has 1 thing that has not come to this phone yet.',
  'server.extra.other': 'The server has {n} things that have not come to this phone yet.',
  'server.again': 'Send them again',
  'server.again_lead':
    'Whoever runs the server may have had to put back an older copy. Sending them again puts everything back where it was. The older receipts are kept too.',
  'server.sent': 'They are being sent again. Each entry says when it is kept safe.',
  'server.order': 'Take the server’s account',
  'server.order_lead':
    'Nothing is missing, but the server tells it in another order. If you go on, this phone takes that order, and both are noted. If you did not expect this, ask someone who helps you first.',
  'server.seen_title': 'Seen by others',
  'server.seen_lead':
    'The server keeps a public list of receipts. A witness outside the server makes sure it shows everyone the same list. The server names its witnesses itself.',
  'server.seen.one': '1 witness has seen the list: {names}.',
  'server.seen.other': '{n} witnesses have seen the list: {names}.',
  'server.seen_none': 'No witness has seen the list yet.',
  'server.gone':
    'The server does not name the same witnesses as before. Gone or changed: {names}. Ask whoever runs the server why. Your entries are safe on this phone.',
  'server.gone_ok': 'I have read this',
  'server.page_title': 'This page itself',
  'server.page_lead':
    'A new version of this page is used when you tap “Use it now”, and not before. Closing the page changes nothing.',
  'server.page_limit':
    'Someone who takes over the server could still send a page that does not ask. Then it starts once this page was closed everywhere. A browser cannot stop that. If the page looks strange, do not type your words. Ask whoever gave you its address.',
});
