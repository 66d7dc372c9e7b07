/* What runs now, what fails, what is late and what comes next. */
import {h} from '../lib/dom.js';
import {get} from '../lib/api.js';
import {t, tn} from '../lib/i18n.js';
import {number, relative, since, when} from '../lib/format.js';
import {badge, reasonOf} from '../lib/outcome.js';
import {empty, jobLink, progress, runLink, section, table}
    from '../lib/parts.js';

const SHOWN = 12;
const BAD = 'failure,timeout,killed,lost,launch-failed';

function tile(value, text, href, look = '') {
	return h('a', {class: `tile ${look}`, href},
	    h('strong', null, number(value)), h('span', null, text));
}

function tiles(status) {
	return h('div', {class: 'tiles'},
	    tile(status.running, t('running'), '/runs?outcome=running', 'live'),
	    tile(status.waiting + status.queued, t('waiting'), '/queue'),
	    tile(status.jobs, t('jobs'), '/jobs'),
	    tile(status.paused_jobs, t('paused'), '/jobs?state=paused',
		status.paused_jobs > 0 ? 'warn' : ''));
}

function running(status) {
	const rows = status.runs.filter((r) => r.state === 'running')
	    .slice(0, SHOWN);
	if (rows.length === 0)
		return empty(t('Nothing runs at the moment.'));
	return table(t('Running now'), [[t('Job')], [t('Run')], [t('Host')],
	    [t('For'), 'number'], ['']], rows.map((r) => [jobLink(r.job),
		runLink(r.id), r.host, since(r.started), progress(r.progress)]));
}

function failed(rows) {
	if (rows.length === 0)
		return empty(t('Nothing failed in the last day.'));
	return table(t('Failed'), [[t('Job')], [t('Outcome')], [t('Why')],
	    [t('When'), 'number']], rows.map((r) => [jobLink(r.job),
		h('a', {href: `/runs/${r.id}`}, badge(r.outcome)),
		h('span', {class: 'why'}, reasonOf(r)), relative(r.finished)]));
}

function notRun(rows) {
	if (rows.length === 0)
		return empty(t('Every slot of the last day ran.'));
	return table(t('Did not run'), [[t('Job')], [t('Slot')], [t('Why')]],
	    rows.map((r) => [jobLink(r.job), when(r.slot),
		h('span', {class: 'why'}, `${t(r.outcome)}: ${t(r.reason ?? '')}`,
		    r.count > 1 ? ` ×${number(r.count)}` : '')]));
}

/* What is wrong in the job files. */
function problems(status) {
	if (status.problems.length === 0)
		return null;
	return section(tn('{n} problem in the job files',
	    '{n} problems in the job files', status.problems.length), null,
	    h('ul', {class: 'problems'}, status.problems.slice(0, SHOWN)
		.map((p) => h('li', {class: p.error ? 'bad' : 'warn'},
		    h('span', {class: 'code'}, `${p.file}:${p.line}`),
		    ` ${p.text}`))));
}

function dayAgo() {
	return new Date(Date.now() - 86400e3).toISOString();
}

export default function overview(page) {
	const top = h('div'), live = h('div'), bad = h('div'), gaps = h('div');
	const wrong = h('div');

	page.title(t('Overview'));
	page.body.append(top, wrong, h('div', {class: 'columns'},
	    h('div', null, section(t('Running now'), null, live),
		section(t('Did not run'), h('a', {href:
		    '/ledger?outcome=skipped,missed'}, t('All')), gaps)),
	    h('div', null, section(t('Failed'), h('a', {href:
		`/runs?outcome=${BAD}`}, t('All')), bad))));
	page.every(2000, async () => {
		const status = await get('/v1/status', null, page.signal);
		page.show(top, status, () => tiles(status));
		page.show(live, status.runs, () => running(status));
		page.show(wrong, status.problems, () => problems(status));
	});
	page.every(5000, async () => {
		const rows = await get('/v1/runs', {outcome: BAD, limit: SHOWN,
		    since: dayAgo()}, page.signal);
		page.show(bad, rows, () => failed(rows));
		const slots = await get('/v1/ledger', {limit: SHOWN,
		    outcome: 'missed,skipped', since: dayAgo()}, page.signal);
		page.show(gaps, slots, () => notRun(slots));
	});
}
