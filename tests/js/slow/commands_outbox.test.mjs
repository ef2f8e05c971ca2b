/** The commands of tests/js/commands_outbox.test.mjs, for longer. */
import test, { after, before } from 'node:test';
import { playOutbox } from '../commands/outbox.mjs';
import { startServer } from '../phone/server.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

test('what was saved goes up once, in 40 runs of 30 commands', () => playOutbox(server, 40, 30));
