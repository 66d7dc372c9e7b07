/* What waits, and for what. */
import {h} from '../lib/dom.js';
import {get} from '../lib/api.js';
import {t} from '../lib/i18n.js';
import {number, relative, since, when} from '../lib/format.js';
import {badge} from '../lib/outcome.js';
import {button, empty, jobLink, runLink, section, table}
    from '../lib/parts.js';
import {cancelCommand} from '../lib/actions.js';

const SHOWN = 100;

function line(status) {
	const rows = status.line;
	if (rows.length === 0)
		return empty(t('Nothing waits.'));
	return table(t('The waiting line'), [[t('Place'), 'number'],
	    [t('Job'), 'main'], [t('Run')], [t('Priority'), 'number'],
	    [t('Due')], [t('Waits'), 'number'], [t('Waits for')]],
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

/* How many of a queue run, of those that may. */
function queues(list) {
	if (list.length === 0)
		return null;
	return section(t('Queues'), null, table(t('Queues'), [[t('Queue'), 'main'],
	    [t('Running'), 'number'], [t('At once'), 'number'],
	    [t('May wait'), 'number']], list.map((q) => [q.name,
		number(q.running), number(q.workers), number(q.limit)])));
}

/* What people submitted, and is no job. */
function commands(rows, again) {
	if (rows.length === 0)
		return null;
	return section(t('Submitted commands'), null, table(
	    t('Submitted commands'), [[t('Command'), 'main'], [t('Run')],
	    [t('Queue')], [t('State')], [t('Due')], [t('Who')], ['']],
	    rows.map((r) => [h('span', {class: 'code'}, r.command),
		r.state === 'running' ? runLink(r.id)
		    : h('span', {class: 'code'}, r.id.slice(0, 12)),
		r.queue, badge(r.state), relative(r.due), r.who,
		r.state === 'waiting' ? h('span', {class: 'acts'},
		    button(t('Cancel it'), () => cancelCommand(r.id, r.command,
			again))) : ''])));
}

export default function queue(page) {
	const head = h('div'), rest = h('div'), all = h('div'), own = h('div');
	const count = h('span', {class: 'muted'});

	async function load() {
		const status = await get('/v1/status', null, page.signal);
		count.textContent = t('{n} waiting', {n: number(status.waiting)});
		page.show(head, status.line.map((r) => [r.id, r.waits_for]),
		    () => line(status));
		page.show(rest, status.runs, () => others(status));
		page.show(all, status.queues, () => queues(status.queues));
	}

	async function loadCommands() {
		const rows = await get('/v1/queue', {limit: SHOWN}, page.signal);
		page.show(own, rows, () => commands(rows,
		    () => page.once(loadCommands)));
	}

	page.title(t('Queue'));
	page.body.append(section(t('The waiting line'), count, head),
	    section(t('Not yet in the line'), null, rest), own, all);
	page.every(1500, load, (kind) => kind === 'run');
	page.every(3000, loadCommands, (kind) => kind === 'run');
}
