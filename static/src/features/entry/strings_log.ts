/** Words about receipts and the server's public list of them, which any open entry's history shows. */
import { learn } from '../../shell/strings.js';

learn({
  'log.kept': 'Kept safe {day}, {time} by the server’s clock.',
  'log.waiting': 'Not kept safe yet.',
  'log.listed': 'Its receipt is on the server’s public list.',
  'log.not_listed': 'Its receipt goes on the server’s public list within 20 minutes.',
});
