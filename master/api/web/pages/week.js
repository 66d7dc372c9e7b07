/* The load of each hour of a week. */
import {h} from '../lib/dom.js';
import {get, now} from '../lib/api.js';
import {t} from '../lib/i18n.js';
import {day, duration, number} from '../lib/format.js';
import {button, filterForm, select} from '../lib/parts.js';
import {timelineOf} from './timeline.js';
import {never} from '../lib/refresh.js';

const HOUR = 3600000, DAYS = 7, LEVELS = 5;
const narrow = matchMedia('(max-width: 760px)');

const measures = () => [['', t('runs')], ['failures', t('failures')],
	['busy_ms', t('time of running')]];

/* The first moment of the day that is so many days from that of ms. */
function dayStart(ms, days) {
	const d = new Date(ms);
	return new Date(d.getFullYear(), d.getMonth(), d.getDate() + days)
	    .getTime();
}

/* Is the week that is shown the one that ends today? */
function lastDay(query) {
	const asked = Date.parse(query.day ?? '');
	return Number.isNaN(asked) ? now() : asked + 12 * HOUR;
}

/* Hours by the local day and hour that they begin in. */
function cellsOf(hours) {
	const cells = new Map();
	for (const hour of hours) {
		const ms = Date.parse(hour.hour);
		const key = `${day(ms)} ${new Date(ms).getHours()}`;
		const sum = cells.get(key) ?? {ms, runs: 0, failures: 0,
		    busy_ms: 0};
		for (const k of ['runs', 'failures', 'busy_ms'])
			sum[k] += hour[k];
		cells.set(key, sum);
	}
	return cells;
}

function shortNumber(n, measure) {
	if (measure === 'busy_ms')
		return n < 60000 ? `${Math.round(n / 1000)}s`
		    : `${Math.round(n / 60000)}m`;
	return n < 1000 ? String(n) : `${Math.round(n / 1000)}k`;
}

function cellOf(found, measure, most) {
	if (found === undefined || found[measure] === 0)
		return h('td', {class: 'heat0'}, h('span', {class: 'hidden'}, '0'));
	const level = Math.ceil(found[measure] / most * LEVELS);
	const text = `${t('{n} runs', {n: number(found.runs)})}, `
	    + `${t('{n} failures', {n: number(found.failures)})}, `
	    + duration(found.busy_ms);
	return h('td', {class: `heat${level}`}, h('a', {title: text,
	    href: timelineOf(found.ms, found.ms + HOUR)},
	    shortNumber(found[measure], measure)));
}

function dayName(ms) {
	return [t(['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri',
	    'Sat'][new Date(ms).getDay()]), ' ', h('span', {class: 'muted'},
	    day(ms).slice(5))];
}

/* Days are rows; on a phone the hours are. */
function heatTable(found, days, measure) {
	const cells = cellsOf(found.hours);
	const most = Math.max(1, ...[...cells.values()].map((c) => c[measure]));
	const hours = Array.from({length: 24}, (_, i) => i);
	const cell = (d, hour) => cellOf(cells.get(`${day(d)} ${hour}`), measure,
	    most);
	const head = (content) => h('th', {scope: 'col'}, content);
	const side = (content) => h('th', {scope: 'row'}, content);
	const rows = narrow.matches
	    ? hours.map((hour) => [side(hour), days.map((d) => cell(d, hour))])
	    : days.map((d) => [side(dayName(d)), hours.map((x) => cell(d, x))]);
	return h('div', {class: 'scroll'}, h('table', {class: 'heat'},
	    h('caption', {class: 'hidden'}, t('The load of each hour')),
	    h('thead', null, h('tr', null, h('td'), narrow.matches
		? days.map((d) => head(dayName(d))) : hours.map(head))),
	    h('tbody', null, rows.map((cellsOfRow) =>
		h('tr', null, cellsOfRow)))));
}

export default function week(page) {
	const last = lastDay(page.query);
	const measure = page.query.measure || 'runs';
	const days = Array.from({length: DAYS}, (_, i) =>
	    dayStart(last, i - DAYS + 1));
	const chart = h('div', {class: 'card'});
	const move = (n) => page.setQuery({day: day(dayStart(last, n))});

	page.title(t('Week'));
	page.body.append(filterForm(page, [[t('Of each hour'),
	    select('measure', measures(), page.query.measure ?? '')]]),
	    h('div', {class: 'filters tools'},
		button(t('A week earlier'), () => move(-DAYS)),
		button(t('A week later'), () => move(DAYS)),
		button(t('This week'), () => page.setQuery({day: null})),
		h('span', {class: 'muted'}, `${day(days[0])} – ${day(last)}`)),
	    chart);
	page.every(30000, async () => {
		const found = await get('/v1/heat', {
			since: new Date(days[0]).toISOString(),
			until: new Date(dayStart(last, 1)).toISOString(),
		}, page.signal);
		page.show(chart, found.hours, () => heatTable(found, days,
		    measure));
	}, never);
}
