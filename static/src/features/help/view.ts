/**
 * Help: the emergency services, then who answers now, then every other service. On a phone a number is a link: the
 * phone's own dialler asks before it rings. On a computer a link could ring another device at once, so a dialog says
 * so first; never for the emergency services.
 */
import { html, nothing } from '../../shell/html.js';
import { chips } from '../../components/forms/fields.js';
import { icon } from '../../shell/icons.js';
import { button, heading, sheet } from '../../components/parts.js';
import { availabilityOf, isEmergency, serviceOf, talkNowAndOthers } from './directory.js';
import { weekText } from './directory_hours.js';
import { isoDateText } from '../../components/text/formatting.js';
import { isolateDirection, isYoung, translate, lookUp, t } from '../../shell/strings.js';
import './words.js';
import type { Service, Way } from './directory_rows.js';
import type { Stage } from '../../shell/stage.js';

const WAYS = ['call', 'text', 'bsl'] as const;
const NATIONS = ['england', 'wales', 'scotland', 'ni'];
const AVAILABILITY_KEYS = { always: 'help.always', open: 'help.open', closed: 'help.closed', unknown: 'help.unknown' };
const BILL_KEYS = { no: 'help.bill_no', yes: 'help.bill_yes', unknown: 'help.bill_unknown' };

function helpView(stage: Stage) {
  const isOpen = stage.state.phase === 'open';
  const savedChannel =
    isOpen && stage.app.readSettings
      ? stage.find('help-way', async () => stage.app.readSettings?.()).data?.fields?.help_channel
      : undefined;
  const way = stage.way ?? (WAYS.includes(savedChannel) ? (savedChannel as Way) : 'call');
  const chooseWay = (code: string) => {
    stage.way = code as Way;
    // Asked once: inside the diary the answer is saved in its settings; on the lock screen nothing is saved.
    if (isOpen)
      void Promise.resolve(stage.app.saveSettings({ fields: { help_channel: code } })).then(
        () => stage.refresh('help-way'),
        () => undefined,
      );
    stage.draw();
  };
  const { talkNow, others } = talkNowAndOthers(way, stage.nation, Date.now(), isYoung());
  return html`<div class="stack-wide">
    <div class="stack">${heading(t('help.title'))}${emergency()}</div>
    ${
      isOpen
        ? html`<div>${button(t('help.show'), () => stage.go({ name: 'show' }), { wide: true, icon: 'device' })}</div>`
        : nothing
    }
    <section class="stack-close"><h2>${t('help.now')}</h2>
      ${isOnPhone() ? html`<p class="small soft">${t('help.traces')}</p>` : nothing}
      <ul class="rows numbers">${talkNow.map((service) => serviceItem(stage, service))}</ul></section>
    <p>${t('help.first')}</p>
    <div>${button(t('help.before'), () => stage.go({ name: 'before' }), { wide: true, icon: 'note' })}</div>
    <section class="stack"><h2>${t('help.others')}</h2>
    ${chips({
      name: 'way',
      legend: t('help.how'),
      choices: WAYS.map((code) => [code, t(`help.${code}`)]),
      chosen: [way],
      onChange: chooseWay,
    })}
    ${chips({
      name: 'nation',
      legend: t('help.where'),
      choices: [['', t('help.anywhere')], ...NATIONS.map((code) => [code, lookUp(`help.${code}`)] as [string, string])],
      chosen: [stage.nation],
      onChange: (code) => {
        stage.nation = code;
        stage.draw();
      },
    })}
    <ul class="rows numbers">${others.map((service) => serviceItem(stage, service))}</ul></section>
    <div class="note small">${t('help.leave_lead')}</div>
  </div>`;
}

/** Whether a link to a number opens a dialler on this device. */
const isOnPhone = () => matchMedia('(pointer: coarse)').matches;

/** The ways to reach the emergency services: on the first screen of every phone, with nothing in between. */
function emergency() {
  const [call, text, video] = [serviceOf('999'), serviceOf('esms'), serviceOf('999bsl')];
  return html`<section class="emergency" aria-label=${translate(call.name)}>
    <a class="button button-main button-wide emergency-call" href=${addressOf(call)}>${icon('phone', 26)}<span>${t(
      'help.ring_emergency',
      { number: call.number },
    )}</span></a>
    <div class="stack-close"><h2>${t('help.no_voice')}</h2><p class="small">${t('help.no_voice_do')}</p></div>
    <div class="stack-close"><h2>${t('help.deaf')}</h2>
      <div class="emergency-pair">
        <a class="button" href=${addressOf(video)} target="_blank" rel="noreferrer">${translate(video.name)}</a>
        <a class="button" href=${addressOf(text)}>${t('help.sms', { number: text.number })}</a>
      </div>
      <p class="small">${t('help.deaf_do')}</p></div>
  </section>`;
}

/** Return the address that opens the dialler, the messages or the web page of a service. */
const addressOf = ({ kind, number }: Service) =>
  kind === 'web' ? `https://${number}` : `${kind}:${number.replaceAll(' ', '')}`;

function serviceItem(stage: Stage, service: Service) {
  const { number } = service;
  return html`<li>
    <h2 class="service">${translate(service.name)}</h2>
    <p class="small soft">${translate(service.note, { grave: true })}</p>
    ${
      service.kind === 'web'
        ? html`<p class="number">${isolateDirection(number)}</p>`
        : html`<div>${contactControl(stage, service)}</div>`
    }
    <p class="small">${lookUp(AVAILABILITY_KEYS[availabilityOf(service, Date.now())])} ${t(
      service.free ? 'help.nothing' : 'help.paid',
    )} ${service.kind === 'web' ? nothing : lookUp(BILL_KEYS[service.bill])} ${
      service.kind === 'tel' && !isEmergency(service) ? t('help.in_list') : nothing
    }</p>
    ${
      service.openings?.length
        ? html`<p class="small">${t('help.hours', { hours: weekText(service.openings) })}</p>`
        : nothing
    }
    ${isEmergency(service) ? nothing : html`<p class="small soft">${sourceText(service)}</p>`}
  </li>`;
}

/** Return who checked the number, and when. Under 999 it would read as a warning, so it is not said there. */
const sourceText = ({ checkedOn, official: isOfficial }: Service) =>
  checkedOn ? t('help.checked', { day: isoDateText(checkedOn) }) : t(isOfficial ? 'help.official' : 'help.unchecked');

function contactControl(stage: Stage, service: Service) {
  const label = t(service.kind === 'tel' ? 'help.ring' : 'help.sms', { number: service.number });
  return isOnPhone()
    ? html`<a class="button" href=${addressOf(service)}>${label}</a>`
    : button(label, () => stage.openSheet((sheetStage) => contactSheet(sheetStage, service)));
}

function contactSheet(stage: Stage, service: Service) {
  const { number } = service;
  const isText = service.kind === 'sms';
  return sheet(
    stage,
    t(isText ? 'help.sheet_sms' : 'help.sheet_title', { number }),
    html`<p>${t(isText ? 'help.sheet_lead_sms' : 'help.sheet_lead')}</p>
    <div class="row"><a class="button button-main" href=${addressOf(service)} rel="noreferrer"
      @click=${() => stage.closeSheet()}>${t(isText ? 'help.sms_do' : 'help.ring_do')}</a>
    ${button(t('frame.cancel'), () => stage.closeSheet(), { plain: true })}</div>${nothing}`,
  );
}

export const views = { help: helpView };
