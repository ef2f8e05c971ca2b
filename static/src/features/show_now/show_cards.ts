/**
 * Cards for the person in front of the keeper: in English, with the keeper's language below when one is set. The Welsh,
 * Polish and Urdu are drafts until a speaker has reviewed them; the screen says so.
 */

type CardCode = 'deaf' | 'interpreter' | 'ring' | 'write' | 'slow';
/** `{words}` is replaced by the keeper's own addition */
type NeedsCard = { code: CardCode; en: string; ask?: 'interpreter_which' | 'ring_when'; own: Record<string, string> };

export const CARD_LANGUAGES = [
  ['cy', 'Cymraeg'],
  ['pl', 'Polski'],
  ['ur', 'اردو'],
] as readonly (readonly [string, string])[];

export const NEEDS_CARDS: readonly NeedsCard[] = [
  {
    code: 'deaf',
    en: 'I am Deaf. BSL interpreter, please. Please do not ask my family to interpret.',
    own: {
      cy: 'Rwy’n Fyddar. Dehonglydd BSL, os gwelwch yn dda. Peidiwch â gofyn i fy nheulu ddehongli.',
      pl: 'Jestem osobą głuchą. Proszę o tłumacza BSL. Proszę nie prosić mojej rodziny o tłumaczenie.',
      ur: 'میں سن نہیں سکتا/سکتی۔ براہِ کرم BSL ترجمان بلائیں۔ براہِ کرم میرے گھر والوں سے ترجمہ نہ کروائیں۔',
    },
  },
  {
    code: 'interpreter',
    en: 'I need an interpreter: {words}.',
    ask: 'interpreter_which',
    own: {
      cy: 'Mae arnaf angen cyfieithydd: {words}.',
      pl: 'Potrzebuję tłumacza: {words}.',
      ur: 'مجھے ترجمان کی ضرورت ہے: {words}۔',
    },
  },
  {
    code: 'ring',
    en: 'Please ring me only on: {words}.',
    ask: 'ring_when',
    own: {
      cy: 'Ffoniwch fi ar hyn yn unig: {words}.',
      pl: 'Proszę dzwonić do mnie tylko: {words}.',
      ur: 'براہِ کرم مجھے صرف اس پر فون کریں: {words}۔',
    },
  },
  {
    code: 'write',
    en: 'Please write down your name, number and reference.',
    own: {
      cy: 'Ysgrifennwch eich enw, eich rhif a’r cyfeirnod, os gwelwch yn dda.',
      pl: 'Proszę zapisać swoje imię i nazwisko, numer i sygnaturę sprawy.',
      ur: 'براہِ کرم اپنا نام، نمبر اور حوالہ نمبر لکھ دیں۔',
    },
  },
  {
    code: 'slow',
    en: 'Please speak slowly, or write it down.',
    own: {
      cy: 'Siaradwch yn araf, neu ysgrifennwch ef i lawr, os gwelwch yn dda.',
      pl: 'Proszę mówić powoli albo to zapisać.',
      ur: 'براہِ کرم آہستہ بولیں، یا لکھ دیں۔',
    },
  },
];

/**
 * Return the lines of a card.
 * @param words the keeper's addition
 * @param language '' for English only
 */
export function cardLines(card: NeedsCard, words: string, language: string): { text: string; lang?: string }[] {
  const fill = (text: string) =>
    words.trim() ? text.replace('{words}', words.trim()) : text.replace(/\{words\}[.۔]?/, '…');
  const translation = card.own[language];
  return [{ text: fill(card.en) }, ...(translation ? [{ text: fill(translation), lang: language }] : [])];
}
