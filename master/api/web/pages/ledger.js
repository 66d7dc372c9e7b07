/* Every slot: it ran, or why it did not. */
import {h} from '../lib/dom.js';
import {segment} from '../lib/api.js';
import {t} from '../lib/i18n.js';
import {number, when} from '../lib/format.js';
import {badge, outcomes} from '../lib/outcome.js';
import {empty, filterForm, input, jobLink, runLink, select, table}
    from '../lib/parts.js';
import {PagedList} from '../lib/list.js';

const reasons = ['overlap', 'paused', 'calendar', 'disabled', 'late', 'no-host',
	'redis-down', 'in-doubt', 'dst-gap', 'catch-up-limit'];

function why(row) {
	return !row.reason && !row.detail ? null : h('span', {class: 'why'}, row.reason ? t(row.reason) : '',
	    row.detail ? h('span', {class: 'muted'}, ` ${row.detail}`) : null);
}

/* A row may stand for many slots in which nothing changed. */
function slot(row) {
	return row.until === row.slot ? when(row.slot)
	    : [when(row.slot), ' – ', when(row.until), ' ',
		h('span', {class: 'muted'}, t('{n} slots',
		    {n: number(row.count)}))];
}

function rowsTable(rows) {
	return table(t('Ledger'), [[t('Slot')], [t('Job'), 'main'], [t('Outcome')],
	    [t('Why')], [t('Attempts'), 'number'], [t('Run')], ['']],
	    rows.map((r) => [slot(r), jobLink(r.job), badge(r.outcome), why(r),
		r.attempts || '', r.run ? runLink(r.run) : '',
		h('a', {href: `/jobs/${segment(r.job)}?at=${r.slot}`},
		    t('Explain'))]));
}

export default function ledger(page) {
	const {job, outcome, reason} = page.query;
	const list = new PagedList(page, '/v1/ledger', {job, outcome, reason,
	    limit: 50}, (rows) => rows.length > 0 ? rowsTable(rows)
		: empty(t('There is no such slot.')));

	page.title(t('Ledger'));
	page.body.append(h('p', {class: 'lead'}, t('Every slot leaves a row '
	    + 'here: it ran, or why it did not.')), filterForm(page, [
		[t('Job'), input('job', job, {type: 'search'})],
		[t('Outcome'), select('outcome', [['', t('all')],
		    ['skipped,missed', t('did not run')],
		    ...outcomes.map((o) => [o, t(o)])], outcome ?? '')],
		[t('Why'), select('reason', [['', t('any')],
		    ...reasons.map((r) => [r, t(r)])], reason ?? '')],
	]), h('section', {class: 'card'}, list.element));
	list.keep(3000);
}
