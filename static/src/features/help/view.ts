/** Help: services ordered by channel. A telephone link asks first and says which device may ring. */
import { html, nothing } from '../../shell/html.js';
import { chips } from '../../components/forms/fields.js';
import { button, heading, sheet } from '../../components/parts.js';
import { servicesFor, availabilityOf } from './directory.js';
import { weekText } from './directory_hours.js';
import { isoDateText } from '../../components/text/formatting.js';
import { isolateDirection, translate, lookUp, t } from '../../shell/strings.js';
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
  return html`<div class="stack-wide">
    <div class="stack-close">${heading(t('help.title'))}<p>${t('help.first')}</p></div>
    ${chips({
      name: 'way',
      legend: t('help.how'),
      choices: WAYS.map((code) => [code, t(`help.${code}`)]),
      chosen: [way],
      onChange: chooseWay,
    })}
    ${
      isOpen
        ? html`<div>${button(t('help.show'), () => stage.go({ name: 'show' }), { wide: true, icon: 'eye' })}</div>`
        : nothing
    }
    <div>${button(t('help.before'), () => stage.go({ name: 'before' }), { wide: true, icon: 'note' })}</div>
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
    <ul class="rows numbers">${servicesFor(way, stage.nation).map((service) => serviceItem(stage, service))}</ul>
    <div class="note small">${t('help.leave_lead')}</div>
  </div>`;
}

function serviceItem(stage: Stage, service: Service) {
  const { number } = service;
  return html`<li>
    <h2 class="service">${translate(service.name)}</h2>
    <p class="small soft">${translate(service.note, { grave: true })}</p>
    ${
      service.kind === 'web'
        ? html`<p class="number">${isolateDirection(number)}</p>`
        : html`<div>${button(t(service.kind === 'tel' ? 'help.ring' : 'help.sms', { number }), () =>
            stage.openSheet((sheetStage) => contactSheet(sheetStage, service)),
          )}</div>`
    }
    <p class="small">${lookUp(AVAILABILITY_KEYS[availabilityOf(service, Date.now())])} ${t(
      service.free ? 'help.nothing' : 'help.paid',
    )} ${service.kind === 'web' ? nothing : lookUp(BILL_KEYS[service.bill])}</p>
    ${
      service.openings?.length
        ? html`<p class="small">${t('help.hours', { hours: weekText(service.openings) })}</p>`
        : nothing
    }
    <p class="small soft">${
      service.checkedOn
        ? t('help.checked', { day: isoDateText(service.checkedOn) })
        : t(service.official ? 'help.official' : 'help.unchecked')
    }</p>
  </li>`;
}

function contactSheet(stage: Stage, service: Service) {
  const { number } = service;
  const isText = service.kind === 'sms';
  const href = `${service.kind}:${number.replaceAll(' ', '')}`;
  return sheet(
    stage,
    t(isText ? 'help.sheet_sms' : 'help.sheet_title', { number }),
    html`<p>${t(isText ? 'help.sheet_lead_sms' : 'help.sheet_lead')}</p>
    <div class="row"><a class="button button-main" href=${href} rel="noreferrer" @click=${() => stage.closeSheet()}>${t(
      isText ? 'help.sms_do' : 'help.ring_do',
    )}</a>
    ${button(t('frame.cancel'), () => stage.closeSheet(), { plain: true })}</div>${nothing}`,
  );
}

export const views = { help: helpView };
