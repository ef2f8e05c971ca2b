"""A diary that the app makes in the page, for journeys that are about something else than its first run."""

# As the screens of a first entry do it: `first_run/`, `add/` and `account/copy.ts` in static/src/features.
BEGINS = """async (narrative) => {
  const reach = (name) => globalThis[Symbol.for(`kept tests: ${name}`)];
  const app = reach('app');
  if (!app) return null;
  await app.here;
  while (!reach('blockOf')) await new Promise((go) => setTimeout(go, 5));
  const words = await app.suggestWords();
  await app.putDraft({ fields: { narrative } });
  await app.putDraft({ fields: reach('blockOf')({ chip: 'just_now', picked: null }, Date.now()) });
  await app.enrolHere(words);
  await app.saveIncident({ record: null, fields: {}, restricted: {} });
  await app.register({ words });
  await app.later('recovery');
  return [words, app.state.account.login];
}"""
