/** What a value of a contact is in the register of accounts, and whether the register has it. */
import { accountKey } from '../../record/patterns/patterns_dates.js';
import { textOf } from '../../record/reading.js';
import type { ContactValue } from '../../imports/contacts/vcard.js';
import type { Fields } from '../../record/reading.js';

/** The code of a platform by what contacts call it. */
const PLATFORMS: Record<string, string> = {
  email: 'email',
  whatsapp: 'whatsapp',
  instagram: 'instagram',
  snapchat: 'snapchat',
  facebook: 'facebook',
  messenger: 'messenger',
  tiktok: 'tiktok',
  imessage: 'imessage',
  signal: 'signal',
  telegram: 'telegram',
  twitter: 'x',
  x: 'x',
  reddit: 'reddit',
  discord: 'discord',
  linkedin: 'linkedin',
  youtube: 'youtube',
};

/** Return the fields of an account with this value. The name of the contact is not among them. */
export function accountFieldsOf({ kind, value, service }: ContactValue): Record<string, string> {
  const field = { number: 'number', email: 'handle', handle: 'handle', url: 'url' }[kind];
  const platform = PLATFORMS[service];
  if (!service) return { [field]: value };
  return { [field]: value, ...(platform ? { platform } : { platform: 'other', platform_text: service }) };
}

/** Tell whether an account has this value, in any spelling. A handle is the same one on the same platform only. */
export function isKnown(value: ContactValue, accounts: readonly { fields: Fields }[]): boolean {
  const { platform = '' } = accountFieldsOf(value);
  const key = accountKey(value.value);
  return accounts.some(({ fields }) => {
    const known = textOf(fields, 'platform');
    const isOther = value.kind !== 'number' && platform && known && platform !== known;
    return !isOther && ['number', 'handle', 'url'].some((field) => accountKey(textOf(fields, field)) === key);
  });
}
