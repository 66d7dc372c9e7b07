/* Why the slot at a time ran, where, or why it did not. */
import {h, swap} from '../lib/dom.js';
import {get, segment} from '../lib/api.js';
import {t} from '../lib/i18n.js';
import {when} from '../lib/format.js';
import {field, runLink, section} from '../lib/parts.js';

function answer(x, ask) {
	const step = (text, at) => at === null ? null
	    : h('button', {type: 'button', class: 'plain', onclick: () =>
		ask(at)}, text, ' ', when(at));
	return h('div', {class: 'explained'},
	    x.text.map((line) => h('p', null, line)),
	    x.runs.length > 0 ? h('p', null, t('Its runs:'), x.runs.map((r) =>
		[' ', runLink(r.id)])) : null,
	    h('p', {class: 'steps'}, step('←', x.previous), ' ',
		step('→', x.next)));
}

/* A local time of the form as the API wants it. */
function timeOf(value) {
	return value === '' ? undefined : new Date(value).toISOString();
}

export function explainForm(page, job) {
	const result = h('div', {role: 'status'});

	async function ask(at) {
		await page.once(async () => {
			const x = await get(`/v1/jobs/${segment(job)}/explain`,
			    {at}, page.signal);
			swap(result, answer(x, ask));
		});
	}

	const form = h('form', {class: 'filters', onsubmit: (e) => {
		e.preventDefault();
		ask(timeOf(form.elements.at.value));
	}}, field(t('The slot at; empty for the last'), h('input', {name: 'at',
	    type: 'datetime-local', step: 1})),
	h('button', null, t('Explain')));
	const card = section(t('Why did it run, or not?'), null, form, result);
	if (page.query.at)
		ask(page.query.at).then(() =>
		    card.scrollIntoView({block: 'nearest'}));
	return card;
}
