/** The words of an invitation, where a server asks for one. Same rules as strings.js. */
import { learn } from '../../shell/strings.js';

learn({
  'invite.label': 'Your invitation',
  'invite.hint':
    'This server keeps a copy for people who were given an invitation. Whoever told you about it can give you one. Capital letters and dashes do not matter.',
  'invite.none': 'Type your invitation, or choose Not now. What you have written stays safe on this phone.',
});
