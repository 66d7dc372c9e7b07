/* The jobs: found, filtered, and run or paused together. */
import {h} from '../lib/dom.js';
import {t, tn} from '../lib/i18n.js';
import {relative} from '../lib/format.js';
import {badge, runOutcomes} from '../lib/outcome.js';
import {act, button, empty, filterForm, input, jobLink, select, table}
    from '../lib/parts.js';
import {askPause, forEach, pause, pauseBody, resume, startRun}
    from '../lib/actions.js';
import {PagedList} from '../lib/list.js';
import {get} from '../lib/api.js';
import {smallStrip} from '../charts/strip.js';

const STRIP = 16, STRIPS_AT_ONCE = 50;

const states = ['running', 'failing', 'waiting', 'retrying', 'paused',
	'disabled', 'idle'];

/* Which are ticked; their names outlive a refresh of the list. */
class Selection {
	names = new Set();
	bar = h('div', {class: 'bulk', role: 'group', 'aria-label':
	    t('With the chosen jobs'), hidden: true});
	#count = h('strong', {'aria-live': 'polite'});

	constructor(done) {
		this.done = done;
		this.bar.append(this.#count,
		    button(t('Run now'), () => this.#run()),
		    button(t('Pause'), () => this.#pause()),
		    button(t('Resume'), () => this.#resume()),
		    button(t('Choose none'), () => this.clear(), 'plain'));
	}

	box(name) {
		return h('input', {type: 'checkbox', 'data-focus': `box ${name}`,
		    'aria-label': t('Choose {job}', {job: name}),
		    checked: this.names.has(name),
		    onchange: (e) => this.#set(name, e.target.checked)});
	}

	#set(name, on) {
		if (on)
			this.names.add(name);
		else
			this.names.delete(name);
		this.#count.textContent = tn('{n} job', '{n} jobs',
		    this.names.size);
		this.bar.hidden = this.names.size === 0;
	}

	setAll(names, on) {
		for (const name of names)
			this.#set(name, on);
		this.done();
	}

	clear() {
		this.setAll([...this.names], false);
	}

	async #each(f, done) {
		await act(() => forEach([...this.names], f), done);
		this.done();
	}

	#run() {
		return this.#each((name) => startRun(name),
		    t('They were started'));
	}

	async #pause() {
		const form = await askPause(tn('{n} job', '{n} jobs',
		    this.names.size));
		if (form !== null)
			await this.#each((name) => pause(name, pauseBody(form)),
			    t('They are paused'));
	}

	#resume() {
		return this.#each(resume, t('They go on'));
	}
}

function last(job) {
	return job.last === null ? h('span', {class: 'muted'}, '–')
	    : [h('a', {href: `/runs/${job.last.run}`},
		badge(job.last.outcome)), ' ', relative(job.last.finished)];
}

function labels(job) {
	return job.labels.map((label) => [' ', h('a', {class: 'label',
	    href: `/jobs?${new URLSearchParams({label})}`}, label)]);
}

/*
 * The last outcomes of the jobs that are shown. Asked for are, so many jobs at
 * once, those that have run since, and those whose last run the store did not
 * have yet.
 */
class Strips {
	#known = new Map();

	constructor(page) {
		this.page = page;
	}

	get(name) {
		return this.#known.get(name)?.runs;
	}

	#isOld(job) {
		const known = this.#known.get(job.name);
		return known === undefined || known.state !== job.state
		    || (job.last !== null
			&& !known.runs.some((r) => r.run === job.last.run));
	}

	/* Whether there was anything new. */
	async load(jobs) {
		const old = jobs.filter((job) => this.#isOld(job));
		for (let i = 0; i < old.length; i += STRIPS_AT_ONCE) {
			const some = old.slice(i, i + STRIPS_AT_ONCE);
			const found = await get('/v1/strips', {n: STRIP,
			    jobs: some.map((job) => job.name).join(',')},
			    this.page.signal);
			for (const job of some)
				this.#known.set(job.name, {state: job.state,
				    runs: found[job.name] ?? []});
		}
		return old.length > 0;
	}
}

/* What begins its runs: times, or the ends of other jobs. */
function begins(job) {
	return [job.schedule.map((text) => h('div', {class: 'code times'}, text)),
	    job.after.length === 0 ? '' : h('div', null, h('span',
		{class: 'muted'}, t('after'), ' '), job.after.map((name, i) =>
		[i > 0 ? ', ' : '', jobLink(name)]))];
}

function row(job, selection, strips) {
	return [selection.box(job.name),
	    [jobLink(job.name), labels(job), h('div', {class: 'about'},
		job.description)],
	    badge(job.state), last(job), smallStrip(strips.get(job.name)),
	    begins(job),
	    job.enabled && job.next ? relative(job.next) : ''];
}

function allBox(rows, selection) {
	const names = rows.map((job) => job.name);
	return h('input', {type: 'checkbox', 'data-focus': 'box all',
	    'aria-label': t('Choose all that are shown'),
	    checked: names.every((name) => selection.names.has(name)),
	    onchange: (e) => selection.setAll(names, e.target.checked)});
}

function jobsTable(rows, selection, strips) {
	return table(t('Jobs'), [[allBox(rows, selection), 'tick'], [t('Job'), 'main'],
	    [t('State')], [t('Last run'), 'wide'], [t('Before')], [t('Schedule')],
	    [t('Next'), 'number']],
	    rows.map((job) => row(job, selection, strips)));
}

function filters(page) {
	const {search, state, outcome, label, host, sort} = page.query;
	return filterForm(page, [
		[t('Search'), input('search', search, {type: 'search',
		    placeholder: t('name, description, label, owner')})],
		[t('State'), select('state', [['', t('all')],
		    ...states.map((s) => [s, t(s)])], state ?? '')],
		[t('Last run'), select('outcome', [['', t('all')],
		    ...[...runOutcomes, 'none'].map((o) => [o, t(o)])],
		    outcome ?? '')],
		[t('Label'), input('label', label)],
		[t('Host'), input('host', host)],
		[t('Order'), select('sort', [['', t('by name')],
		    ['next', t('next first')], ['last', t('last ended first')],
		    ['failures', t('most failures first')]], sort ?? '')],
	]);
}

export default function jobs(page) {
	const {search, state, label, host, outcome, sort} = page.query;
	const selection = new Selection(() => {
		list.redraw();
		list.restart();
	});
	const strips = new Strips(page);
	const list = new PagedList(page, '/v1/jobs', {search, state, label, host,
	    outcome, sort, limit: 50}, (rows) => rows.length > 0
		? jobsTable(rows, selection, strips)
		: empty(t('There is no such job.')), async () => {
			if (await strips.load(list.rows))
				list.redraw();
	});

	page.title(t('Jobs'));
	page.body.append(filters(page), selection.bar,
	    h('section', {class: 'card'}, list.element));
	list.keep(3000);
}
