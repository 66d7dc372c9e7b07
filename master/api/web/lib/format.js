/* Values as people read them. */
import {h} from './dom.js';
import {t, tn, currentLanguage} from './i18n.js';
import {now} from './api.js';

const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

function pad(n) {
	return String(n).padStart(2, '0');
}

/* "2026-11-21 03:02:11" here, or the time alone when it is today. */
export function clock(ms, withDay = true) {
	const d = new Date(ms);
	const time = `${pad(d.getHours())}:${pad(d.getMinutes())}`
	    + `:${pad(d.getSeconds())}`;
	return withDay ? `${day(ms)} ${time}` : time;
}

export function day(ms) {
	const d = new Date(ms);
	return `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}`;
}

export function isToday(ms) {
	return day(ms) === day(now());
}

/* "350 ms", "4.2 s", "3 m 20 s", "2 h 5 m", "3 d 4 h" */
export function duration(ms) {
	if (ms === null || ms === undefined)
		return '–';
	const a = Math.abs(ms);
	if (a > 0 && a < 1)
		return `${Math.round(ms * 1000)} µs`;
	if (a < SECOND)
		return `${Math.round(ms)} ms`;
	if (a < MINUTE)
		return `${(ms / SECOND).toFixed(a < 10 * SECOND ? 1 : 0)} s`;
	const pairs = [[DAY, 'd', HOUR, 'h'], [HOUR, 'h', MINUTE, 'm'],
	    [MINUTE, 'm', SECOND, 's']];
	const [big, b, small, sm] = pairs.find(([unit]) => a >= unit);
	const rest = Math.floor(a % big / small);
	const text = `${Math.floor(a / big)} ${b}${rest ? ` ${rest} ${sm}` : ''}`;
	return ms < 0 ? `-${text}` : text;
}

/* The biggest unit alone: "3 m" */
function about(ms) {
	if (ms >= DAY)
		return t('{n} d', {n: Math.floor(ms / DAY)});
	if (ms >= HOUR)
		return t('{n} h', {n: Math.floor(ms / HOUR)});
	if (ms >= MINUTE)
		return t('{n} m', {n: Math.floor(ms / MINUTE)});
	return t('{n} s', {n: Math.floor(ms / SECOND)});
}

export function ago(ms) {
	const age = now() - ms;
	if (Math.abs(age) < SECOND)
		return t('now');
	return age > 0 ? t('{span} ago', {span: about(age)})
	    : t('in {span}', {span: about(-age)});
}

export function bytes(n) {
	if (n === null || n === undefined)
		return '–';
	const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
	let i = 0;
	for (; n >= 1024 && i < units.length - 1; i++)
		n /= 1024;
	return `${n.toFixed(i > 0 && n < 10 ? 1 : 0)} ${units[i]}`;
}

export function number(n) {
	return n === null || n === undefined ? '–'
	    : Number(n).toLocaleString(currentLanguage());
}

/* Both kinds of time have the other, and the exact one, in their title. */
function timeElement(text, kind, how) {
	if (!text)
		return h('span', {class: 'muted'}, '–');
	const ms = Date.parse(text);
	const title = `${clock(ms)}\n${text}`;
	return h('time', {datetime: text, title, 'data-time': kind}, how(ms));
}

export function when(text) {
	return timeElement(text, 'when',
	    (ms) => clock(ms, !isToday(ms)));
}

export function relative(text) {
	return timeElement(text, 'relative', ago);
}

/* Once a second the ages on the page are brought up to date. */
export function tick(root) {
	for (const el of root.querySelectorAll('[data-time=relative]')) {
		const text = ago(Date.parse(el.dateTime));
		if (el.textContent !== text)
			el.textContent = text;
	}
	for (const el of root.querySelectorAll('[data-since]'))
		el.textContent = duration(Math.max(0,
		    Math.floor((now() - Number(el.dataset.since)) / 1000) * 1000));
}

/* How long something goes on by now. */
export function since(text) {
	if (!text)
		return h('span', {class: 'muted'}, '–');
	const ms = Date.parse(text);
	return h('span', {'data-since': ms, class: 'number'},
	    duration(Math.max(0, now() - ms)));
}

export function runsCount(n) {
	return tn('{n} run', '{n} runs', n);
}
