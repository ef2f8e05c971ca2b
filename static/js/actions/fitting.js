/**
 * The last look before anything is sealed: a version is for ever, so what no field can hold is refused here, whichever
 * screen it came from. The screens ask better and earlier; the draft stays, so a refusal loses nothing.
 */
import { KeptError } from '../core/errors.js';
import { faultsOfShape, faultsOfTime } from '../record/rules.js';

/** @typedef {import('../record/reading.js').Fields} Fields */

/** Of a time only what is wrong whatever the clock says: a phone's clock may be wrong, and a person may be right. */
const CROSSED = new Set(['end_before_start', 'end_without_start']);
/** What no screen could show again. An unheard-of code or an odd day can be shown as it is, and is. */
const UNFIT = new Set(['not_text', 'not_a_list', 'not_an_object', 'not_a_number', 'not_yes_or_no']);

/**
 * @param {string} kind @param {Fields} open @param {Fields} restricted
 * @throws too_long, times_crossed, unfit
 */
export function refuseUnfit(kind, open, restricted) {
  const shape = [...faultsOfShape(kind, open), ...faultsOfShape(kind, restricted)];
  if (shape.some(({ code }) => code === 'too_long' || code === 'too_many')) throw new KeptError('too_long');
  if (kind === 'incident' && faultsOfTime(open).some(({ code }) => CROSSED.has(code))) throw new KeptError('times_crossed');
  if (shape.some(({ code }) => UNFIT.has(code))) throw new KeptError('unfit');
}
