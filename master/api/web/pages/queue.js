/* What waits, and for what. */
import {h} from '../lib/dom.js';
import {get} from '../lib/api.js';
import {t} from '../lib/i18n.js';
import {number, since, when} from '../lib/format.js';
import {empty, jobLink, runLink, section, table} from '../lib/parts.js';

function line(status) {
	const rows = status.line;
	if (rows.length === 0)
		return empty(t('Nothing waits.'));
	return table(t('The waiting line'), [[t('Place'), 'number'], [t('Job'), 'main'],
	    [t('Run')], [t('Priority'), 'number'], [t('Due')],
	    [t('Waits'), 'number'], [t('Waits for')]],
	    rows.map((r, i) => [i + 1, jobLink(r.job), runLink(r.id), r.priority,
		when(r.due), since(r.due), r.waits_for ?? t('its turn')]));
}

/* Delayed by jitter or a retry, or queued behind a run of their own job. */
function others(status) {
	const inLine = new Set(status.line.map((r) => r.id));
	const rows = status.runs.filter((r) => r.state !== 'running'
	    && !inLine.has(r.id));
	if (rows.length === 0)
		return empty(t('Nothing else waits.'));
	return table(t('Not yet in the line'), [[t('Job'), 'main'], [t('Run')],
	    [t('State')], [t('Due')], [t('Trigger')], [t('Waits for')]],
	    rows.map((r) => [jobLink(r.job), runLink(r.id), t(r.state),
		when(r.due), t(r.trigger), r.waits_for ?? '']));
}

export default function queue(page) {
	const head = h('div'), rest = h('div');
	const count = h('span', {class: 'muted'});

	page.title(t('Queue'));
	page.body.append(section(t('The waiting line'), count, head),
	    section(t('Not yet in the line'), null, rest));
	page.every(1500, async () => {
		const status = await get('/v1/status', null, page.signal);
		count.textContent = t('{n} waiting', {n: number(status.waiting)});
		page.show(head, status.line.map((r) => [r.id, r.waits_for]),
		    () => line(status));
		page.show(rest, status.runs, () => others(status));
	}, (kind) => kind === 'run');
}
