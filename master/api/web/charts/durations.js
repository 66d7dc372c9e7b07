/* How long runs took, over time, with median and 95th percentile. */
import {h, s} from '../lib/dom.js';
import {t} from '../lib/i18n.js';
import {clock, duration} from '../lib/format.js';
import {lookOf} from '../lib/outcome.js';
import {scale, ticks} from './scale.js';

const WIDTH = 900, HEIGHT = 190, LEFT = 58, RIGHT = 66, TOP = 10, BOTTOM = 22;

/* The value that share of them are at most; sorted is not empty. */
function percentile(sorted, share) {
	return sorted[Math.min(sorted.length - 1,
	    Math.ceil(sorted.length * share) - 1)];
}

function line(y, value, name, kind) {
	return [s('line', {class: `guide ${kind}`, x1: LEFT, x2: WIDTH - RIGHT,
	    y1: y(value), y2: y(value)}),
	    s('text', {class: `guide-name ${kind}`, x: WIDTH - RIGHT + 6,
		y: y(value) + 4}, name)];
}

function point(run, x, y) {
	const look = lookOf(run.outcome);
	const at = [x(Date.parse(run.started)), y(run.duration_ms)];
	const title = s('title', null, `${t(run.outcome)}  `
	    + `${clock(Date.parse(run.started))}  ${duration(run.duration_ms)}`);
	return s('a', {href: `/runs/${run.id}`, tabindex: '-1'}, look === 'good'
	    ? s('circle', {class: 'dot good', cx: at[0], cy: at[1], r: 2.8},
		title)
	    : s('path', {class: `dot ${look}`, d: `M${at[0] - 4} ${at[1] - 4}l8 8`
		+ `M${at[0] + 4} ${at[1] - 4}l-8 8`}, title));
}

function axes(x, y, most) {
	return [ticks(most).map((v) => [
		s('line', {class: 'grid', x1: LEFT, x2: WIDTH - RIGHT,
		    y1: y(v), y2: y(v)}),
		s('text', {class: 'axis end', x: LEFT - 6, y: y(v) + 4},
		    duration(v))]),
	    s('text', {class: 'axis', x: LEFT, y: HEIGHT - 4}, clock(x.from)),
	    s('text', {class: 'axis end', x: WIDTH - RIGHT, y: HEIGHT - 4},
		clock(x.to))];
}

/* rows: runs, the newest first. */
export function durationChart(rows) {
	const ran = rows.filter((r) => r.started && r.duration_ms !== null);
	if (ran.length < 2)
		return null;
	const sorted = ran.map((r) => r.duration_ms).sort((a, b) => a - b);
	const median = percentile(sorted, 0.5), p95 = percentile(sorted, 0.95);
	const most = Math.max(sorted.at(-1), 1);
	const x = scale(Date.parse(ran.at(-1).started),
	    Date.parse(ran[0].started), LEFT, WIDTH - RIGHT);
	const y = scale(0, most, HEIGHT - BOTTOM, TOP);
	const words = t('Median {median}, 95 % at most {p95}',
	    {median: duration(median), p95: duration(p95)});
	return h('figure', {class: 'chart'}, s('svg', {role: 'img',
	    viewBox: `0 0 ${WIDTH} ${HEIGHT}`, 'aria-label':
		`${t('Duration of the last runs')}. ${words}`},
	    axes(x, y, most), line(y, median, t('median'), 'mid'),
	    y(median) - y(p95) > 12 ? line(y, p95, t('95 %'), 'high') : null,
	    ran.map((r) => point(r, x, y))),
	    h('figcaption', null, words));
}
