/* How long runs took, over time. */
import {h, s} from '../lib/dom.js';
import {t, tn} from '../lib/i18n.js';
import {clock, duration, number} from '../lib/format.js';
import {lookOf} from '../lib/outcome.js';
import {scale, ticks, timeTicks, tickText} from './scale.js';

const HEIGHT = 180, LEFT = 58, RIGHT = 12, TOP = 10, BOTTOM = 22;

/* The right end of the plot: what is drawn fits the card that it is in, so
 * that letters have their size. */
let right = 0;

function fit() {
	right = (innerWidth < 760 ? 400 : 900) - RIGHT;
}

function axes(x, y) {
	return [ticks(y.to).map((v) => [
		s('line', {class: 'grid', x1: LEFT, x2: right,
		    y1: y(v), y2: y(v)}),
		s('text', {class: 'axis end', x: LEFT - 6, y: y(v) + 4},
		    duration(v))]),
	    timeTicks(x.from, x.to, right > 500 ? 7 : 4).map((v) => s('text', {class: 'axis mid',
		x: x(v), y: HEIGHT - 4}, tickText(v, x.from, x.to)))];
}

/* {min, median, p95, max} in words, and what their lines look like. */
function legend(spread, bad) {
	return h('figcaption', null, h('span', {class: 'key median'},
	    `${t('median')} ${duration(spread.median)}`),
	    h('span', {class: 'key p95'},
		t('95 % at most {p95}', {p95: duration(spread.p95)})),
	    bad ? h('span', {class: 'key failed'}, t('not all were good'))
		: null);
}

function figure(x, y, spread, marks, bad = false) {
	return h('figure', {class: 'chart'}, s('svg', {role: 'img',
	    viewBox: `0 0 ${right + RIGHT} ${HEIGHT}`, 'aria-label':
		t('Durations: median {median}, 95 % at most {p95}',
		    {median: duration(spread.median),
			p95: duration(spread.p95)})}, axes(x, y), marks),
	    legend(spread, bad));
}

function scales(from, to, most) {
	fit();
	return [scale(from, to, LEFT, right),
	    scale(0, Math.max(most, 1), HEIGHT - BOTTOM, TOP)];
}

/* Bad ones are crosses: not only their colour tells. */
function point(run, x, y) {
	const look = lookOf(run.outcome);
	const cx = x(Date.parse(run.started)), cy = y(run.duration_ms);
	const title = s('title', null, `${t(run.outcome)}  `
	    + `${clock(Date.parse(run.started))}  ${duration(run.duration_ms)}`);
	return s('a', {href: `/runs/${run.id}`, tabindex: '-1'}, look === 'good'
	    ? s('circle', {class: 'dot good', cx, cy, r: 2.8}, title)
	    : s('path', {class: `dot ${look}`, d: `M${cx - 4} ${cy - 4}l8 8`
		+ `M${cx + 4} ${cy - 4}l-8 8`}, title));
}

function level(y, value, kind) {
	return s('line', {class: kind, x1: LEFT, x2: right,
	    y1: y(value), y2: y(value)});
}

/* Each of the newest runs; rows are newest first, stats are of them. */
export function eachRun(rows, spread) {
	const ran = rows.filter((r) => r.started && r.duration_ms !== null);
	if (ran.length < 2 || spread.median === null)
		return null;
	const [x, y] = scales(Date.parse(ran.at(-1).started),
	    Date.parse(ran[0].started),
	    Math.max(...ran.map((r) => r.duration_ms)));
	return figure(x, y, spread, [level(y, spread.median, 'median'),
	    level(y, Math.min(spread.p95, y.to), 'p95'),
	    ran.map((r) => point(r, x, y))]);
}

/* A line with gaps where there was no run. */
function lineOf(points, x, y, key) {
	let path = '', gap = true;
	for (const p of points) {
		const v = p.duration_ms[key];
		const at = `${x((Date.parse(p.from) + Date.parse(p.until)) / 2)} `
		    + `${v === null ? '' : y(v)}`;
		path += v === null ? '' : `${gap ? 'M' : 'L'}${at}`;
		gap = v === null;
	}
	return s('path', {class: `line ${key}`, d: path});
}

function partTitle(p) {
	const words = Object.entries(p.outcomes).filter(([, n]) => n > 0)
	    .map(([o, n]) => `${number(n)} × ${t(o)}`).join(', ');
	return `${clock(Date.parse(p.from))}\n${words}\n${t('median')} `
	    + `${duration(p.duration_ms.median)}`;
}

function badOf(p) {
	return p.runs - (p.outcomes.success ?? 0);
}

/* Below the lines: in which parts of the time something failed. */
function part(p, x, y) {
	const from = x(Date.parse(p.from)), to = x(Date.parse(p.until));
	return s('g', null,
	    s('rect', {class: 'part', x: from, width: to - from, y: TOP,
		height: HEIGHT - TOP - BOTTOM}, s('title', null, partTitle(p))),
	    badOf(p) > 0 ? s('rect', {class: 'bar bad', x: from + 0.5, y: y(0) - 4,
		width: Math.max(to - from - 1, 2), height: 4}) : null,
	    s('circle', {class: 'dot mid', r: 2, cx: (from + to) / 2,
		cy: y(p.duration_ms.median ?? 0)}));
}

/* As /v1/jobs/J/stats has it: median and 95th percentile over time. */
export function overTime(stats) {
	const points = stats.points.filter((p) => p.runs > 0
	    && p.duration_ms.median !== null);
	if (points.length === 0)
		return h('p', {class: 'empty'}, t('It has not run in this time.'));
	const [x, y] = scales(Date.parse(stats.since), Date.parse(stats.until),
	    Math.max(...points.map((p) => p.duration_ms.p95)));
	return [figure(x, y, stats.duration_ms, [
		lineOf(stats.points, x, y, 'p95'),
		lineOf(stats.points, x, y, 'median'),
		points.map((p) => part(p, x, y))],
	    points.some((p) => badOf(p) > 0)),
	    h('p', {class: 'empty'}, tn('{n} run', '{n} runs', stats.runs),
		stats.complete ? '' : `, ${t('only the newest were looked at')}`)];
}
