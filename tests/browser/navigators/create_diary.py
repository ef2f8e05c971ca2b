"""A script that makes a diary in the page, for tests that are not about the first run."""

# It takes the same steps as the screens of a first entry:
# `first_run/`, `add/` and `account/copy.ts` in static/src/features.
CREATE_DIARY_SCRIPT = """async (narrative) => {
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
