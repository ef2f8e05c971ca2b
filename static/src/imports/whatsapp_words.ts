/**
 * Phrases that WhatsApp itself writes into an export: omitted files, calls, deletions, edits, notices.
 *
 * English, German, Spanish, French, Italian and Portuguese phrases are known; a file is recognised by its form in any
 * language. [Note: only what is known] A phrase that is not listed stays what it looks like: the sender's words or,
 * without a sender, an unrecognised line that is listed. Words of a person are never taken for WhatsApp's because
 * they look odd.
 */

type Type =
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
export type Told = { type: Type; text: string; description: string; file: string; omitted: boolean; edited: boolean };

const LRM = '\u200e';
/** [type, whole text] in lower case, without marks and final full stop. */
const LEFT_OUT: [Type, RegExp][] = [
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
    /^(?:contact card|kontaktkarte|tarjeta de contacto|fiche contact|scheda contatto|cartão do contato) (?:omitted|ausgelassen|omitida|retirée|omessa|omitido)$/,
  ],
  [
    'other',
    /^<(?:media omitted|medien ausgeschlossen|multimedia omitido|médias omis|media omessi|mídia oculta|ficheiro não revelado|view once voice message omitted)>$/,
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
const MISSED =
  /^(?:missed (?:group )?(?:voice|video) call|verpasster (?:sprach|video)anruf|(?:llamada|videollamada) perdida|appel (?:vocal|vidéo) manqué|(?:chiamata vocale|videochiamata) persa|chamada de (?:voz|vídeo) perdida)(?: at .{3,12})?$/;
const CALL = /^(?:(?:voice|video|group) call|sprachanruf|videoanruf)[,.] .{1,60}$/;
const EDITED =
  /[ \u200e\n]*<(?:This message was edited|Diese Nachricht wurde bearbeitet|Se editó este mensaje|Ce message a été modifié|Questo messaggio è stato modificato|Mensagem editada)\.?>[ \u200e]*$/;
/** `IMG-20261124-WA0001.jpg (file attached)`; the form of the name suffices in any language. */
const ATTACHED_ANDROID =
  /^\u200e?((?:IMG|VID|AUD|PTT|STK|DOC)-\d{8}-WA\d{4,6}\.\w{2,5}|\S[^\n]{0,200}\.\w{2,5}) \(([^()\n]{4,40})\)(?:\n([^]*))?$/;
const ATTACHED_WORDS = new Set([
  'file attached',
  'datei angehängt',
  'archivo adjunto',
  'fichier joint',
  'file allegato',
  'arquivo anexado',
  'ficheiro anexado',
]);
/**
 * `‎<attached: 00000012-PHOTO-….jpg>`, possibly after the name of a document; the mark before it suffices in any
 * language.
 */
const ATTACHED_IOS =
  /^([^]*?)\u200e?<(?:attached|Anhang|adjunto|pièce jointe|allegato|anexado|\p{L}[\p{L}\u00a0 ]{2,24})[ \u00a0\u202f]?: ?([^<>:\n]{1,200}\.\w{2,5})>\s*$/u;
const LOCATION = /^(?:location|live location|standort|ubicación|localisation|posizione|localização)(?::| shared)/;
const BY_END = [
  ['sticker', /^(?:STK-.*|.*-STICKER-.*)$/i],
  ['voice', /\.(?:opus|ogg|m4a|mp3|aac|amr)$/i],
  ['video', /\.(?:mp4|3gp|mov|webm)$/i],
  ['image', /\.(?:jpe?g|png|gif|webp|heic)$/i],
  ['other', /\.vcf$/i],
  ['file', /\.\w{2,5}$/],
] as [Type, RegExp][];
/** Notices in a chat, with no sender or with the chat's own name as the sender. */
const NOTICES = [
  /end-to-end encrypted|ende-zu-ende-verschlüsselt|cifrad[oa]s de extremo a extremo|chiffrés de bout en bout|crittografat[ei] end-to-end|criptografia de ponta a ponta/i,
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

const plain = (text: string) => text.replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '').trim();

/** Tell whether a line without a sender is a notice of WhatsApp. */
export function isNotice(rest: string) {
  const said = plain(rest);
  return NOTICES.some((one) => one.test(said));
}

/** Tell whether the text before the first colon belongs to a notice rather than naming a sender. */
export function isNoticeName(name: string) {
  return NOTICE_BEFORE_COLON.test(name);
}

/** Tell whether a line without a sender records a missed call. */
export function isMissedCall(rest: string) {
  return MISSED.test(lower(rest));
}

const lower = (text: string) =>
  plain(text)
    .toLowerCase()
    .replace(/[.\s]+$/, '');

/**
 * Classify one message; return its exact words without what WhatsApp added.
 * @param text everything after the sender's name, continuation lines included
 */
export function tellMessage(text: string): Told {
  const told = { type: 'text' as Type, text, description: '', file: '', omitted: false, edited: false };
  const last = text.endsWith('>') || text.endsWith('> ') || text.endsWith(`>${LRM}`);
  if (last && EDITED.test(text)) {
    const { edited: _edited, ...rest } = tellMessage(text.replace(EDITED, ''));
    return { ...rest, edited: true };
  }
  if (text.length > 500 && !text.includes('<')) return told;
  const attached = attachedIn(text);
  if (attached) return { ...told, ...attached };
  if (text.length > 160) return told;
  const said = lower(text);
  if (DELETED.has(said) || DELETED_BY.test(said))
    return { ...told, type: 'deleted', text: '', description: plain(text) };
  if (MISSED.test(said)) return { ...told, type: 'missed_call', text: '', description: plain(text) };
  if (text.startsWith(LRM)) {
    if (CALL.test(said)) return { ...told, type: 'call', text: '', description: plain(text) };
    if (LOCATION.test(said)) return { ...told, type: 'location' };
  }
  const left = LEFT_OUT.find(([, words]) => words.test(said));
  if (left) return { ...told, type: left[0], text: '', description: plain(text), omitted: true };
  if (text === 'null') return { ...told, type: 'other', text: '', description: 'null' };
  return told;
}

function attachedIn(text: string): Pick<Told, 'type' | 'text' | 'description' | 'file'> | null {
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
  const [, file = '', words = '', caption = ''] = android;
  const isForm = /^(?:IMG|VID|AUD|PTT|STK|DOC)-\d{8}-WA/.test(file);
  if (!isForm && !ATTACHED_WORDS.has(words.toLowerCase())) return null;
  return { type: typeOf(file), text: caption, description: '', file: plain(file) };
}

function typeOf(file: string): Type {
  return BY_END.find(([, end]) => end.test(file))?.[0] ?? 'file';
}
