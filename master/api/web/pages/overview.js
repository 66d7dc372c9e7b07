/* What runs now, what fails, what is late and what comes next. */
import {h} from '../lib/dom.js';
import {get, now} from '../lib/api.js';
import {t, tn} from '../lib/i18n.js';
import {number, relative, since, when} from '../lib/format.js';
import {badge} from '../lib/outcome.js';
import {button, empty, jobLink, progress, runLink, section, table}
    from '../lib/parts.js';
import {pauseAll, reload, resumeAll} from '../lib/actions.js';
import {nextHour} from '../charts/hour.js';

const SHOWN = 8;

function tile(value, text, href, look) {
	return h('a', {class: `tile ${value > 0 ? look : ''}`, href},
	    h('strong', null, number(value)), h('span', null, text));
}

function tiles(o) {
	return h('div', {class: 'tiles'},
	    tile(o.running, t('running'), '/jobs?state=running', 'live'),
	    tile(o.failing.count, t('failing'), '/jobs?state=failing', 'bad'),
	    tile(o.late.count, t('late'), '/queue', 'warn'),
	    tile(o.waiting + o.queued, t('waiting'), '/queue', ''),
	    tile(o.paused, t('paused'), '/jobs?state=paused', 'warn'),
	    tile(o.jobs, t('jobs'), '/jobs', ''));
}

function running(runs) {
	const rows = runs.filter((r) => r.state === 'running').slice(0, SHOWN);
	if (rows.length === 0)
		return empty(t('Nothing runs at the moment.'));
	return table(t('Running now'), [[t('Job'), 'main'], [t('Run')], [t('Host')],
	    [t('For'), 'number'], ['']], rows.map((r) => [jobLink(r.job),
		runLink(r.id), r.host, since(r.started), progress(r.progress)]));
}

function failing(jobs) {
	if (jobs.length === 0)
		return empty(t('No job fails.'));
	return table(t('Failing'), [[t('Job'), 'main'], [t('Last run'), 'wide'],
	    [t('In a row'), 'number'], [t('Last success'), 'number']],
	    jobs.slice(0, SHOWN).map((j) => [jobLink(j.name),
		[h('a', {href: `/runs/${j.last.run}`}, badge(j.last.outcome)),
		    ' ', relative(j.last.finished)], number(j.failures),
		j.last_success ? relative(j.last_success) : t('never')]));
}

function late(runs) {
	return table(t('Late'), [[t('Job'), 'main'], [t('Due')], [t('Waits'), 'number'],
	    [t('Waits for')]], runs.slice(0, SHOWN).map((r) => [jobLink(r.job),
		when(r.due), since(r.due), r.waits_for ?? t('its turn')]));
}

function notRun(rows) {
	if (rows.length === 0)
		return empty(t('Every slot of the last day ran.'));
	return table(t('Did not run'), [[t('Job'), 'main'], [t('Slot')], [t('Why')]],
	    rows.map((r) => [jobLink(r.job), when(r.slot),
		h('span', {class: 'why'}, badge(r.outcome), ' ',
		    r.reason ? t(r.reason) : '',
		    r.count > 1 ? ` × ${number(r.count)}` : '')]));
}

function fires(list) {
	if (list.length === 0)
		return empty(t('Nothing fires by itself.'));
	return table(t('Next'), [[t('Job'), 'main'], [t('Slot')]],
	    list.slice(0, SHOWN).map((f) => [jobLink(f.job), [when(f.slot), ' ',
		h('span', {class: 'muted'}, relative(f.slot))]]));
}

/* What is wrong in the job files. */
function problems(list) {
	if (list.length === 0)
		return null;
	return section(tn('{n} problem in the job files',
	    '{n} problems in the job files', list.length), null,
	    h('ul', {class: 'problems'}, list.slice(0, SHOWN)
		.map((p) => h('li', {class: p.error ? 'bad' : 'warn'},
		    h('span', {class: 'code'}, `${p.file}:${p.line}`),
		    ` ${p.text}`))));
}

function pausedNote(p, done) {
	if (p === null)
		return null;
	return h('div', {class: 'note warn'}, t('All jobs are paused by {who}',
	    {who: p.who}), p.until ? [' ', t('until'), ' ', when(p.until)] : '',
	    p.reason ? `: ${p.reason}` : '', ' ',
	    button(t('Resume'), () => resumeAll(done)));
}

function dayAgo() {
	return new Date(now() - 86400e3).toISOString();
}

function all(href) {
	return h('a', {href}, t('All'));
}

export default function overview(page) {
	const [top, live, bad, slow, gaps, hour, next, wrong, note] =
	    Array.from({length: 9}, () => h('div'));

	async function loadStatus() {
		const status = await get('/v1/status', null, page.signal);
		const again = () => page.once(loadStatus);
		page.show(wrong, status.problems, () => problems(status.problems));
		page.show(note, status.paused,
		    () => pausedNote(status.paused, again));
		page.show(page.actions, status.paused === null,
		    status.paused !== null ? null
			: button(t('Pause all'), () => pauseAll(again)),
		    h('span', {class: 'admin'}, button(t('Read job files again'),
			reload)));
	}

	page.title(t('Overview'));
	page.body.append(note, top, wrong, slow, h('div', {class: 'columns'},
	    h('div', null,
		section(t('Running now'), all('/runs?outcome=running'), live),
		section(t('Failing'), all('/jobs?state=failing'), bad)),
	    h('div', null, section(t('Coming up'), null, hour, next),
		section(t('Did not run'), all('/ledger?outcome=skipped,missed'),
		    gaps))));
	page.every(2000, async () => {
		const o = await get('/v1/overview', null, page.signal);
		page.show(top, {...o, next_hour: null, now: null, runs: null},
		    () => tiles(o));
		page.show(live, o.runs, () => running(o.runs));
		page.show(bad, o.failing, () => failing(o.failing.jobs));
		page.show(slow, o.late, () => o.late.count === 0 ? null
		    : section(t('Late'), null, late(o.late.runs)));
		page.show(hour, o.next_hour.starts, () => nextHour(o.next_hour));
		page.show(next, o.next_hour.fires, () => fires(o.next_hour.fires));
	});
	page.every(6000, async () => {
		const slots = await get('/v1/ledger', {limit: SHOWN,
		    outcome: 'skipped,missed', since: dayAgo()}, page.signal);
		page.show(gaps, slots, () => notRun(slots));
	});
	page.every(6000, loadStatus, (kind) => kind !== 'run');
}
