/**
 * Phrases that WhatsApp itself writes into an export: omitted files, calls, deletions, edits, notices.
 *
 * English, German, Spanish, French, Italian and Portuguese phrases are known; a file is recognised by its form in any
 * language. [Note: only what is known] A phrase that is not listed stays what it looks like: the sender's words or,
 * without a sender, an unrecognised line that is listed. Words of a person are never taken for WhatsApp's because
 * they look odd.
 */

type MessageType =
  | 'text'
  | 'call'
  | 'missed_call'
  | 'voice'
  | 'image'
  | 'video'
  | 'file'
  | 'sticker'
  | 'location'
  | 'deleted'
  | 'other';
export type MessageContent = {
  type: MessageType;
  text: string;
  description: string;
  file: string;
  omitted: boolean;
  edited: boolean;
};

const LRM = '\u200e';
const oneOf = (alternatives: readonly string[]) => `(?:${alternatives.join('|')})`;
/** [type, whole text] in lower case, without marks and final full stop. */
const OMITTED: [MessageType, RegExp][] = [
  [
    'image',
    /^(?:image|photo|bild|imagen|image|immagine|imagem) (?:omitted|weggelassen|omitida|absente|omessa|ocultada)$/,
  ],
  ['video', /^(?:video|vídeo|vidéo)(?: note)? (?:omitted|weggelassen|omitido|absente|omesso|ocultado)$/],
  ['voice', /^(?:audio|áudio) (?:omitted|weggelassen|omitido|omis|omesso|ocultado)$/],
  ['image', /^gif (?:omitted|weggelassen|omitido|retiré|esclusa|omitida)$/],
  ['sticker', /^(?:sticker|figurinha|autocollant) (?:omitted|weggelassen|omitido|omis|omesso|omitida)$/],
  ['file', /^(?:document|dokument|documento) (?:omitted|weggelassen|omitido|manquant|omesso)$/],
  [
    'other',
    new RegExp(
      `^${oneOf([
        'contact card',
        'kontaktkarte',
        'tarjeta de contacto',
        'fiche contact',
        'scheda contatto',
        'cartão do contato',
      ])} (?:omitted|ausgelassen|omitida|retirée|omessa|omitido)$`,
    ),
  ],
  [
    'other',
    new RegExp(
      `^<${oneOf([
        'media omitted',
        'medien ausgeschlossen',
        'multimedia omitido',
        'médias omis',
        'media omessi',
        'mídia oculta',
        'ficheiro não revelado',
        'view once voice message omitted',
      ])}>$`,
    ),
  ],
];
const DELETED = new Set([
  'this message was deleted',
  'you deleted this message',
  'diese nachricht wurde gelöscht',
  'du hast diese nachricht gelöscht',
  'se eliminó este mensaje',
  'eliminaste este mensaje',
  'ce message a été supprimé',
  'vous avez supprimé ce message',
  'questo messaggio è stato eliminato',
  'hai eliminato questo messaggio',
  'mensagem apagada',
  'você apagou esta mensagem',
  'apagou esta mensagem',
]);
const DELETED_BY = /^this message was deleted by admin .{1,80}$/;
const MISSED = new RegExp(
  `^${oneOf([
    'missed (?:group )?(?:voice|video) call',
    'verpasster (?:sprach|video)anruf',
    '(?:llamada|videollamada) perdida',
    'appel (?:vocal|vidéo) manqué',
    '(?:chiamata vocale|videochiamata) persa',
    'chamada de (?:voz|vídeo) perdida',
  ])}(?: at .{3,12})?$`,
);
const CALL = /^(?:(?:voice|video|group) call|sprachanruf|videoanruf)[,.] .{1,60}$/;
const EDITED_PHRASES = [
  'This message was edited',
  'Diese Nachricht wurde bearbeitet',
  'Se editó este mensaje',
  'Ce message a été modifié',
  'Questo messaggio è stato modificato',
  'Mensagem editada',
];
const EDITED = new RegExp(String.raw`[ \u200e\n]*<${oneOf(EDITED_PHRASES)}\.?>[ \u200e]*$`);
const MEDIA_NAME = String.raw`(?:IMG|VID|AUD|PTT|STK|DOC)-\d{8}-WA\d{4,6}\.\w{2,5}`;
const OTHER_NAME = String.raw`\S[^\n]{0,200}\.\w{2,5}`;
/** `IMG-20261124-WA0001.jpg (file attached)`; the form of the name suffices in any language. */
const ATTACHED_ANDROID = new RegExp(
  String.raw`^\u200e?(${MEDIA_NAME}|${OTHER_NAME}) \(([^()\n]{4,40})\)(?:\n([^]*))?$`,
);
const ATTACHED_WORDS = new Set([
  'file attached',
  'datei angehängt',
  'archivo adjunto',
  'fichier joint',
  'file allegato',
  'arquivo anexado',
  'ficheiro anexado',
]);
/** The known labels, and any other short one. */
const ATTACHED_LABELS = [
  'attached',
  'Anhang',
  'adjunto',
  'pièce jointe',
  'allegato',
  'anexado',
  String.raw`\p{L}[\p{L}\u00a0 ]{2,24}`,
];
/**
 * `‎<attached: 00000012-PHOTO-….jpg>`, possibly after the name of a document; the mark before it suffices in any
 * language.
 */
const ATTACHED_IOS = new RegExp(
  String.raw`^([^]*?)\u200e?<${oneOf(ATTACHED_LABELS)}[ \u00a0\u202f]?: ?([^<>:\n]{1,200}\.\w{2,5})>\s*$`,
  'u',
);
const LOCATION = /^(?:location|live location|standort|ubicación|localisation|posizione|localização)(?::| shared)/;
const TYPE_BY_EXTENSION = [
  ['sticker', /^(?:STK-.*|.*-STICKER-.*)$/i],
  ['voice', /\.(?:opus|ogg|m4a|mp3|aac|amr)$/i],
  ['video', /\.(?:mp4|3gp|mov|webm)$/i],
  ['image', /\.(?:jpe?g|png|gif|webp|heic)$/i],
  ['other', /\.vcf$/i],
  ['file', /\.\w{2,5}$/],
] as [MessageType, RegExp][];
/** Notices in a chat, with no sender or with the chat's own name as the sender. */
const NOTICES = [
  new RegExp(
    [
      'end-to-end encrypted',
      'ende-zu-ende-verschlüsselt',
      'cifrad[oa]s de extremo a extremo',
      'chiffrés de bout en bout',
      'crittografat[ei] end-to-end',
      'criptografia de ponta a ponta',
    ].join('|'),
    'i',
  ),
  /^Your security code with .+ changed/,
  /^.{1,200} (?:created|changed) (?:the |this )?(?:group|subject|description)/,
  /^You(?:'re| are|’re) (?:now|no longer) an admin/,
  /^.{1,100} (?:added|removed) .{1,200}$/,
  /^.{1,100} (?:left|joined)(?: using .{1,60})?\.?$/,
  /^.{1,100} (?:was added|were added|joined from the community)/,
  /^.{1,100} changed (?:their phone number|to \+|the (?:group's icon|settings|group name))/,
  /^You (?:blocked|unblocked) this (?:contact|person|business)/,
  /disappearing messages|default message timer/i,
  /^.{1,100} (?:turned (?:on|off)|pinned a message)/,
  /^Waiting for this message/,
  /^.{1,100} is (?:a contact|no longer|now)/,
  /^This (?:chat|business|group) (?:is|uses|was|has)/,
  /^Only (?:messages that mention|admins)/,
  /^You started a call|^.{1,100} started a call/,
];
/** Notices with a colon, whose beginning would otherwise look like a sender. */
const NOTICE_BEFORE_COLON =
  /(?: changed the (?:subject|group name|group description|description)\b| created (?:this )?group )/;

const stripMarks = (text: string) => text.replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '').trim();

/** Tell whether a line without a sender is a notice of WhatsApp. */
export function isNotice(rest: string) {
  const plainText = stripMarks(rest);
  return NOTICES.some((pattern) => pattern.test(plainText));
}

/** Tell whether the text before the first colon belongs to a notice rather than naming a sender. */
export function isNoticeName(name: string) {
  return NOTICE_BEFORE_COLON.test(name);
}

/** Tell whether a line without a sender records a missed call. */
export function isMissedCall(rest: string) {
  return MISSED.test(normalise(rest));
}

const normalise = (text: string) =>
  stripMarks(text)
    .toLowerCase()
    .replace(/[.\s]+$/, '');

/**
 * Classify one message; return its exact words without what WhatsApp added.
 * @param text everything after the sender's name, continuation lines included
 */
export function classifyMessage(text: string): MessageContent {
  const content = { type: 'text' as MessageType, text, description: '', file: '', omitted: false, edited: false };
  const mayBeEdited = text.endsWith('>') || text.endsWith('> ') || text.endsWith(`>${LRM}`);
  if (mayBeEdited && EDITED.test(text)) {
    const { edited: _edited, ...rest } = classifyMessage(text.replace(EDITED, ''));
    return { ...rest, edited: true };
  }
  if (text.length > 500 && !text.includes('<')) return content;
  const attached = parseAttachment(text);
  if (attached) return { ...content, ...attached };
  if (text.length > 160) return content;
  const normalised = normalise(text);
  if (DELETED.has(normalised) || DELETED_BY.test(normalised))
    return { ...content, type: 'deleted', text: '', description: stripMarks(text) };
  if (MISSED.test(normalised)) return { ...content, type: 'missed_call', text: '', description: stripMarks(text) };
  if (text.startsWith(LRM)) {
    if (CALL.test(normalised)) return { ...content, type: 'call', text: '', description: stripMarks(text) };
    if (LOCATION.test(normalised)) return { ...content, type: 'location' };
  }
  const omittedFile = OMITTED.find(([, pattern]) => pattern.test(normalised));
  if (omittedFile) return { ...content, type: omittedFile[0], text: '', description: stripMarks(text), omitted: true };
  if (text === 'null') return { ...content, type: 'other', text: '', description: 'null' };
  return content;
}

function parseAttachment(text: string): Pick<MessageContent, 'type' | 'text' | 'description' | 'file'> | null {
  const ios = text.includes('<') ? ATTACHED_IOS.exec(text) : null;
  if (ios) {
    const file = ios[2] as string;
    return {
      type: typeOf(file),
      text: (ios[1] as string).replace(/[\s\u200e]+$/, ''),
      description: '',
      file,
    };
  }
  const android = text.includes(' (') ? ATTACHED_ANDROID.exec(text) : null;
  if (!android) return null;
  const [, file = '', label = '', caption = ''] = android;
  const isGeneratedName = /^(?:IMG|VID|AUD|PTT|STK|DOC)-\d{8}-WA/.test(file);
  if (!isGeneratedName && !ATTACHED_WORDS.has(label.toLowerCase())) return null;
  return { type: typeOf(file), text: caption, description: '', file: stripMarks(file) };
}

function typeOf(file: string): MessageType {
  return TYPE_BY_EXTENSION.find(([, pattern]) => pattern.test(file))?.[0] ?? 'file';
}
