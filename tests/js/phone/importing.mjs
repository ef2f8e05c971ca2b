/** An import, as a person makes it, and what it wrote. */

/** Choose every entry of a plan, with its proposed words. */
export const allBursts = (plan) => plan.bursts.map(({ index, narrative }) => ({ burst: index, narrative }));

/** Read a file, plan with these answers, and save everything that is new, with its pictures. */
export async function importFile(app, file, answers) {
  const found = await app.readImport(file);
  const plan = await app.planImport(answers);
  const done = plan.bursts.length ? await app.keepImport({ chosen: allBursts(plan), media: true }) : null;
  return { found, plan, done };
}

/** Return the rows of the entries, in order. */
export async function rowsOf(app, entries) {
  const schedules = await app.readRecords('schedule');
  return entries.flatMap((record) => schedules.find(({ fields }) => fields.incident_ids.includes(record)).fields.rows);
}
