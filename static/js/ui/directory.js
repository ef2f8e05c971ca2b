/**
 * Who can be rung, texted or signed to; works offline. A row that nobody has rung or opened lately says so.
 * Order within a way of talking is the order here.
 */

/** @typedef {'call'|'text'|'bsl'} Way */
/** @typedef {{id: string, name: string, number: string|null, kind: 'tel'|'sms'|'web', ways: Way[], note: string, free: boolean, checked: boolean}} Service */

/** @type {readonly Service[]} */
export const DIRECTORY = [
  { id: '999', name: 'Emergency', number: '999', kind: 'tel', ways: ['call'], note: 'If you are in danger now.', free: true, checked: true },
  { id: 'silent', name: 'If you cannot speak', number: '999', kind: 'tel', ways: ['call'], note: 'From a mobile: ring 999, listen, and press 55 when you are asked. If you do not, the call ends. It does not show the police where you are.', free: true, checked: true },
  { id: '999bsl', name: '999 BSL', number: '999bsl.co.uk', kind: 'web', ways: ['bsl'], note: 'Emergency calls in BSL, day and night. App or web page.', free: true, checked: true },
  { id: 'esms', name: 'emergencySMS', number: '999', kind: 'sms', ways: ['text', 'bsl'], note: 'Register before you need it: text “register” to 999 and answer “yes”. When you use it, wait for the reply; it takes two to three minutes.', free: true, checked: true },
  { id: '101', name: 'Police, not urgent', number: '101', kind: 'tel', ways: ['call'], note: 'Day and night.', free: true, checked: true },
  { id: 'relay', name: 'Relay UK, emergency', number: '18000', kind: 'tel', ways: ['text', 'bsl'], note: 'For 101, use 18001 101.', free: true, checked: true },
  { id: 'nsh', name: 'National Stalking Helpline', number: '0808 802 0300', kind: 'tel', ways: ['call'], note: 'Weekdays 09:30 to 16:00, Wednesday from 13:00. Hours not yet checked.', free: true, checked: true },
  { id: 'ndah', name: 'National Domestic Abuse Helpline', number: '0808 2000 247', kind: 'tel', ways: ['call'], note: 'Day and night.', free: true, checked: true },
  { id: 'livefear', name: 'Live Fear Free (Wales)', number: '0808 80 10 800', kind: 'tel', ways: ['call'], note: 'Day and night.', free: true, checked: true },
  { id: 'livefear-text', name: 'Live Fear Free (Wales), by text', number: '07860 077333', kind: 'sms', ways: ['text', 'bsl'], note: 'Day and night. This number shows on a bill.', free: false, checked: true },
  { id: 'scot', name: 'Domestic Abuse Helpline (Scotland)', number: '0800 027 1234', kind: 'tel', ways: ['call'], note: 'Day and night.', free: true, checked: true },
  { id: 'ni', name: 'Domestic and Sexual Abuse Helpline (Northern Ireland)', number: '0808 802 1414', kind: 'tel', ways: ['call'], note: 'Day and night.', free: true, checked: true },
  { id: 'childline', name: 'Childline', number: '0800 1111', kind: 'tel', ways: ['call'], note: 'If you are under 19. Also by chat on their page.', free: true, checked: true },
  { id: 'childline-bsl', name: 'Childline in BSL', number: 'childline.org.uk', kind: 'web', ways: ['text', 'bsl'], note: 'If you are under 19. Chat, or BSL with SignVideo.', free: true, checked: false },
  { id: 'galop', name: 'Galop, for LGBT+ people', number: '0800 999 5428', kind: 'tel', ways: ['call'], note: 'Hours not yet checked.', free: true, checked: true },
  { id: 'men', name: 'Men’s Advice Line', number: '0808 801 0327', kind: 'tel', ways: ['call'], note: 'Hours not yet checked.', free: true, checked: false },
  { id: 'vs', name: 'Victim Support', number: '08 08 16 89 111', kind: 'tel', ways: ['call'], note: 'Day and night. Also live chat on their page.', free: true, checked: true },
  { id: 'shout', name: 'Shout', number: '85258', kind: 'sms', ways: ['text', 'bsl'], note: 'Text SHOUT to 85258, day and night.', free: true, checked: false },
  { id: 'samaritans', name: 'Samaritans', number: '116 123', kind: 'tel', ways: ['call'], note: 'Day and night.', free: true, checked: false },
  { id: 'signhealth', name: 'SignHealth, for Deaf people', number: 'signhealth.org.uk', kind: 'web', ways: ['text', 'bsl'], note: 'Deaf staff; text, WhatsApp or video.', free: true, checked: false },
];

/**
 * The rows for one way of talking. Silent calls are left out for those who cannot hear the prompts.
 * @param {Way} way
 * @returns {readonly Service[]}
 */
export const servicesFor = (way) => DIRECTORY.filter((service) => service.ways.includes(way));
