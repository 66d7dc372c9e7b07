/* Runs as bars, a row for each job or host, with the slots that did not run. */
import {h} from '../lib/dom.js';
import {address, get, now} from '../lib/api.js';
import {t} from '../lib/i18n.js';
import {clock} from '../lib/format.js';
import {button, filterForm, input, select} from '../lib/parts.js';
import {never} from '../lib/refresh.js';
import {isDragged, legend, timeline} from '../charts/timeline.js';

const MINUTE = 60000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const LEAST = 10000, MOST = 31 * DAY;

const spans = () => [[15 * MINUTE, t('15 min')], [HOUR, t('1 hour')],
	[6 * HOUR, t('6 hours')], [DAY, t('1 day')], [7 * DAY, t('7 days')]];

/* Without until in the address the window ends now, and goes on. */
function windowOf({span, until}) {
	const length = Math.min(Math.max(Number(span) || HOUR, LEAST), MOST);
	const fixed = Date.parse(until ?? '');
	const to = Number.isNaN(fixed) ? now() : fixed;
	return {from: to - length, to, length, live: Number.isNaN(fixed)};
}

/* The window as part of an address. */
function windowQuery(from, to) {
	const length = Math.round(Math.min(Math.max(to - from, LEAST), MOST));
	return {span: length, until: new Date(Math.round(to)).toISOString()};
}

function controls(page, shown) {
	const move = (from, to) => page.setQuery(windowQuery(from, to));
	const {from, to, length, live} = shown;
	const middle = (from + to) / 2;
	/* What goes on goes on, over another span. */
	const zoom = (span) => live ? page.setQuery({span})
	    : move(middle - span / 2, middle + span / 2);
	const named = (text, name, f) => h('button', {type: 'button',
	    'aria-label': name, title: name, onclick: f, 'data-focus': name},
	    text);
	return h('div', {class: 'filters tools'},
	    h('div', {class: 'group', role: 'group', 'aria-label': t('Span')},
		spans().map(([ms, text]) => h('button', {type: 'button',
		    'aria-pressed': String(ms === length), 'data-focus': text,
		    onclick: () => zoom(ms)}, text))),
	    h('div', {class: 'group', role: 'group', 'aria-label': t('Move')},
		named('←', t('Earlier'), () => move(from - length / 2,
		    to - length / 2)),
		named('→', t('Later'), () => move(from + length / 2,
		    to + length / 2)),
		named('+', t('Zoom in'), () => zoom(length / 2)),
		named('−', t('Zoom out'), () => zoom(length * 2)),
		button(t('Now'), () => page.setQuery({until: null}))),
	    h('span', {class: 'muted'}, `${clock(from)} – ${clock(to)}`));
}

function filters(page) {
	const {by, jobs, host} = page.query;
	return filterForm(page, [
		[t('Rows'), select('by', [['', t('by job')],
		    ['host', t('by host')]], by ?? '')],
		[t('Only these jobs, with commas'), input('jobs', jobs,
		    {type: 'search'})],
		[t('Only this host'), input('host', host)],
	]);
}

export default function showTimeline(page) {
	const tools = h('div'), chart = h('div', {class: 'card'});
	const {by, jobs, host} = page.query;

	async function load() {
		if (isDragged(chart))
			return;
		const shown = windowOf(page.query);
		const found = await get('/v1/timeline', {by, host,
		    jobs: jobs?.replaceAll(' ', ''),
		    since: new Date(shown.from).toISOString(),
		    until: new Date(shown.to).toISOString()}, page.signal);
		page.show(tools, shown, () => controls(page, shown));
		page.show(chart, found, () => timeline(found, {
			zoom: (from, to) => page.setQuery(windowQuery(from, to)),
			title: t('Runs from {from} to {to}',
			    {from: clock(shown.from), to: clock(shown.to)}),
		}));
	}

	page.title(t('Timeline'));
	page.body.append(filters(page), tools, chart, legend());
	if (windowOf(page.query).live)
		page.every(5000, load, never);
	else
		page.once(load);
}

/* The timeline of an hour, for other pages. */
export function timelineOf(from, to) {
	return address('/timeline', {span: to - from,
	    until: new Date(to).toISOString()});
}
