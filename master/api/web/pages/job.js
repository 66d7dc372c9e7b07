/* A job: what it is, when it fires, how it went, and why it did not run. */
import {h} from '../lib/dom.js';
import {get, now, segment} from '../lib/api.js';
import {t} from '../lib/i18n.js';
import {relative, when} from '../lib/format.js';
import {badge} from '../lib/outcome.js';
import {button, empty, facts, section, select} from '../lib/parts.js';
import {askRun, pauseJob, resumeJob} from '../lib/actions.js';
import {PagedList} from '../lib/list.js';
import {never} from '../lib/refresh.js';
import {outcomeStrip} from '../charts/strip.js';
import {eachRun, overTime} from '../charts/durations.js';
import {graph} from '../charts/graph.js';
import {explainForm} from './explain.js';
import {runTable} from './runs.js';

const SHOWN_RUNS = 100, POINTS = 60;
const DAY = 86400000;

const ranges = () => [[0, t('the last runs')], [DAY, t('1 day')],
	[7 * DAY, t('7 days')], [30 * DAY, t('30 days')],
	[90 * DAY, t('90 days')]];

const kinds = ['command', 'http', 'sql', 'plugin', 'watch'];

/* What it is for: its command, its request, its statement. */
function what(job) {
	const kind = kinds.find((k) => typeof job[k] === 'string');
	return kind === undefined ? null : [kind === 'command' ? null
	    : h('span', {class: 'muted'}, `${kind} `),
	    h('span', {class: 'code'}, job[kind])];
}

function summary(job) {
	return facts([
		[t('State'), badge(job.state)],
		[t('Does'), what(job)],
		[t('Last run'), job.last === null ? null
		    : [h('a', {href: `/runs/${job.last.run}`},
			badge(job.last.outcome)), ' ',
			relative(job.last.finished)]],
		[t('Last success'), job.last_success
		    ? relative(job.last_success) : t('never')],
		[t('Failures in a row'), job.failures || null],
		[t('Schedule'), job.schedule.map((text) =>
		    h('div', {class: 'code'}, text))],
		[t('Time zone'), job.timezone],
		[t('Owner'), job.owner],
		[t('Labels'), job.labels.join(' ')],
		[t('File'), h('span', {class: 'code'},
		    `${job.file}:${job.line}`)],
	]);
}

function pauseNote(job) {
	const p = job.paused;
	if (p === null)
		return null;
	return h('p', {class: 'note warn'}, t('Paused by {who}', {who: p.who}),
	    p.until ? [' ', t('until'), ' ', when(p.until)] : '',
	    p.reason ? `: ${p.reason}` : '');
}

function fires(job) {
	if (job.next_fires.length === 0)
		return empty(t('It does not fire by itself.'));
	return h('ol', {class: 'fires'}, job.next_fires.map((text) =>
	    h('li', null, when(text), ' ', h('span', {class: 'muted'},
		relative(text)))));
}

function definition(job) {
	return facts(Object.entries(job.keys).map(([key, value]) => [
		h('span', {class: 'code'}, key),
		h('span', {class: 'code'}, [value].flat().map((v, i) =>
		    [i > 0 ? h('br') : null, v])),
	]), 'dense');
}

function setActions(page, job, reload) {
	const run = button(t('Run now'), () => askRun(job.name, (answer) =>
	    page.go(`/runs/${segment(answer.run)}`)), 'primary');
	const pauses = job.paused === null
	    ? button(t('Pause'), () => pauseJob(job.name, reload))
	    : button(t('Resume'), () => resumeJob(job.name, reload));
	page.show(page.actions, job.paused === null, run, pauses);
}

/* What happens to a job: to it, or to all. */
function ofJob(name) {
	return (kind, data) => kind === 'jobs' || (data.job ?? name) === name;
}

/* How it went: the newest runs as a strip, and how long runs took. */
function history(page, name) {
	const strip = h('div'), chart = h('div');
	const range = select('range', ranges().map(([ms, text]) =>
	    [String(ms), text]), '0');
	const path = `/v1/jobs/${segment(name)}/stats`;

	async function newest() {
		const {[name]: rows} = await get('/v1/strips', {jobs: name,
		    n: SHOWN_RUNS}, page.signal);
		page.show(strip, rows, () => outcomeStrip(rows));
		const old = rows.findLast((r) => r.started);
		if (range.value !== '0' || old === undefined)
			return;
		const stats = await get(path, {since: old.slot, points: 1},
		    page.signal);
		page.show(chart, rows, () => eachRun(rows, stats.duration_ms));
	}

	async function past() {
		if (range.value === '0')
			return;
		const stats = await get(path, {points: POINTS,
		    since: new Date(now() - Number(range.value)).toISOString(),
		}, page.signal);
		page.show(chart, stats, () => overTime(stats));
	}

	range.addEventListener('change', () => page.once(range.value === '0'
	    ? newest : past));
	range.setAttribute('aria-label', t('Durations of'));
	page.every(3000, newest, ofJob(name));
	page.every(30000, past, never);
	return section(t('How it went'), range, strip, chart);
}

export default function showJob(page) {
	const name = page.params[0];
	const path = `/v1/jobs/${segment(name)}`;
	const [top, next, keys, deps, note] =
	    Array.from({length: 5}, () => h('div'));
	const about = h('p', {class: 'lead'});
	const kin = section(t('Dependencies'), null, deps);
	const list = new PagedList(page, '/v1/runs', {job: name, limit: 20},
	    (rows) => rows.length > 0 ? runTable(rows, false)
		: empty(t('It has not run yet.')));

	async function load() {
		const job = await get(path, null, page.signal);
		about.textContent = job.description;
		page.show(note, job.paused, () => pauseNote(job));
		page.show(top, [job.state, job.last, job.paused, job.keys], () =>
		    summary(job));
		page.show(next, job.next_fires, () => fires(job));
		page.show(keys, job.keys, () => definition(job));
		setActions(page, job, () => page.once(load));
	}

	async function loadGraph() {
		const found = await get(`${path}/graph`, null, page.signal);
		kin.hidden = found.nodes.length < 2;
		page.show(deps, found, () => graph(found));
	}

	kin.hidden = true;
	page.title(name);
	page.body.append(about, note, history(page, name),
	    h('div', {class: 'split'},
		section(t('Now'), null, top),
		h('div', null, section(t('Next fires'), null, next),
		    explainForm(page, name))),
	    kin, section(t('Runs'), h('a', {href:
		`/runs?${new URLSearchParams({job: name})}`}, t('All')),
		list.element), section(t('Definition'), null, keys));
	const concerns = ofJob(name);
	page.every(2000, load, concerns);
	page.every(5000, loadGraph);
	list.keep(3000, concerns);
}
