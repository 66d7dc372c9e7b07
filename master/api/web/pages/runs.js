/* Runs, the newest first. */
import {h} from '../lib/dom.js';
import {t} from '../lib/i18n.js';
import {duration, when} from '../lib/format.js';
import {badge, reasonOf, runOutcomes} from '../lib/outcome.js';
import {empty, filterForm, input, jobLink, runLink, select, table}
    from '../lib/parts.js';
import {PagedList} from '../lib/list.js';

export const badOutcomes = runOutcomes.slice(1).join(',');

function why(run) {
	const text = reasonOf(run);
	return text === '' ? null : h('span', {class: 'why'}, text);
}

export function runTable(rows, withJob = true) {
	const job = (cell) => withJob ? [cell] : [];
	return table(t('Runs'), [[t('Run')], ...job([t('Job'), 'main']), [t('Outcome')],
	    [t('Why')], [t('Trigger')], [t('Host')], [t('Started')],
	    [t('Duration'), 'number']], rows.map((r) => [runLink(r.id),
		...job(jobLink(r.job)), badge(r.outcome),
		why(r), t(r.trigger), r.host,
		when(r.started ?? r.slot), duration(r.duration_ms)]));
}

function choices() {
	return [['', t('all')], [badOutcomes, t('any that is not good')],
	    ...['running', ...runOutcomes].map((o) => [o, t(o)])];
}

export default function runs(page) {
	const {job, outcome} = page.query;
	const list = new PagedList(page, '/v1/runs', {job, outcome, limit: 50},
	    (rows) => rows.length > 0 ? runTable(rows)
		: empty(t('There is no such run.')));

	page.title(t('Runs'));
	page.body.append(filterForm(page, [
		[t('Job'), input('job', job, {type: 'search'})],
		[t('Outcome'), select('outcome', choices(), outcome ?? '')],
	]), h('section', {class: 'card'}, list.element));
	list.keep(3000);
}
