/**
 * Safety advice that contradicts itself: the twin of diary/record/safety_advice.py, held to it by
 * tests/vectors/safety_advice.json.
 *
 * Whether police may speak to somebody, ring, text, leave a message or visit may be said in several places, and two of
 * them may differ. No rule says which one is right: both are shown, to the keeper first. Sentences are read in English
 * only; a Yes or No that was chosen is read in every language.
 */

/** One place where advice was given. */
export type AdviceSource = {
  /** whom it is about: the person, or '' for the keeper */
  subject: string;
  /** the place itself, so that one text is not compared with itself */
  place: string;
  text: string;
  /** the chosen answer to "Is it safe for the police to speak to them?" */
  answer: 'yes' | 'no' | '';
  /** a text that lists worries: only what it forbids is advice */
  isWorry: boolean;
};
export type AdviceTopic = (typeof ADVICE_TOPICS)[number];
/** What one place says about one topic. `words`: the part of its text; '' for a chosen answer */
export type AdviceStatement = { place: string; allows: boolean; words: string };
/** `subject`: as in the sources, or null where the statements share only `number` */
export type AdviceConflict = {
  topic: AdviceTopic;
  subject: string | null;
  number: string;
  statements: AdviceStatement[];
};
type ReadStatement = AdviceStatement & { subject: string; topic: AdviceTopic; numbers: string[]; isGeneral: boolean };

export const ADVICE_TOPICS = ['speak', 'ring', 'text', 'message', 'visit'] as const;
// `\b` and the classes below are ASCII on both sides, and no white space is written as `\s`.
const TOPIC_PATTERNS: Record<AdviceTopic, RegExp> = {
  speak: /\b(?:contact|speak|talk|approach)\b/i,
  ring: /\b(?:ring|rings|rang|rung|call|called|phone|phoned|telephone)\b/i,
  text: /\b(?:text|texts|texted|sms|whatsapp)\b/i,
  message: /\b(?:voicemails?|voice mails?|answerphone|leav(?:e|ing) (?:a(?:ny)? )?messages?)\b/i,
  visit: /\b(?:visit|visits|visited|come round|came round|come over|call round|knock|knocked)\b/i,
};
const FORBIDDING = /\b(?:not|never|don['’]?t|cannot|can['’]?t|mustn['’]?t|no|avoid|unsafe|than)\b/i;
/** "Do not ring the flat" forbids one place or time, not ringing. */
const LIMITING = /\b(?:at(?! all)|in|on|while|when|after|before|between|until|unless|if|from|the|my|his|their)\b/i;
const CLAUSE_END =
  /[.;!?\n,]+|\bbut\b|\band\b(?= +(?:please +)?(?:do not|don['’]?t|never|not)\b)|(?= rather than\b)|(?= than\b)/i;
const PHONE_NUMBER = /\+?[0-9][0-9 ()/-]{5,}[0-9]/g;

/** Return the contradictions, by topic: first those about one person, then those about one telephone number. */
export function findAdviceConflicts(sources: readonly AdviceSource[]): AdviceConflict[] {
  const statements = sources.flatMap(statementsOf);
  return ADVICE_TOPICS.flatMap((topic) => {
    const ofTopic = statements.filter((statement) => statement.topic === topic);
    const bySubject = [...new Set(ofTopic.map(({ subject }) => subject))].flatMap((subject) =>
      conflictOf(
        topic,
        subject,
        '',
        ofTopic.filter((one) => one.subject === subject && (one.allows || one.isGeneral)),
      ),
    );
    const reported = bySubject.map((conflict) => new Set(conflict.statements.map(keyOf)));
    const byNumber = [...new Set(ofTopic.flatMap(({ numbers }) => numbers))]
      .flatMap((number) =>
        conflictOf(
          topic,
          null,
          number,
          ofTopic.filter((one) => one.numbers.includes(number)),
        ),
      )
      .filter(({ statements: said }) => !reported.some((keys) => said.every((one) => keys.has(keyOf(one)))));
    return [...bySubject, ...byNumber];
  });
}

const keyOf = ({ place, allows, words }: AdviceStatement) => JSON.stringify([place, allows, words]);

/** Return the contradiction between these statements; none unless two places differ about the same number or none. */
function conflictOf(
  topic: AdviceTopic,
  subject: string | null,
  number: string,
  statements: readonly ReadStatement[],
): AdviceConflict[] {
  const differ = (one: ReadStatement, other: ReadStatement) =>
    one.allows &&
    !other.allows &&
    one.place !== other.place &&
    (!one.numbers.length || !other.numbers.length || one.numbers.some((each) => other.numbers.includes(each)));
  const involved = statements.filter((one) => statements.some((other) => differ(one, other) || differ(other, one)));
  if (!involved.length) return [];
  return [
    { topic, subject, number, statements: involved.map(({ place, allows, words }) => ({ place, allows, words })) },
  ];
}

function statementsOf({ subject, place, text, answer, isWorry }: AdviceSource): ReadStatement[] {
  const chosen: ReadStatement[] = answer
    ? [{ subject, place, topic: 'speak', allows: answer === 'yes', words: '', numbers: [], isGeneral: true }]
    : [];
  const written = text.split(CLAUSE_END).flatMap((part) => {
    const words = part.replace(/^[ \t\r]+|[ \t\r]+$/g, '');
    const allows = !FORBIDDING.test(words);
    if (allows && isWorry) return [];
    const numbers = (words.match(PHONE_NUMBER) ?? []).map((found) => found.replace(/[^0-9]/g, '').replace(/^44/, '0'));
    return ADVICE_TOPICS.filter((topic) => TOPIC_PATTERNS[topic].test(words)).map((topic) => ({
      subject,
      place,
      topic,
      allows,
      words,
      numbers,
      isGeneral: !LIMITING.test(words),
    }));
  });
  return [...chosen, ...written];
}
