/* Outcomes as a strip, the oldest at the left. */
import {h, s} from '../lib/dom.js';
import {t} from '../lib/i18n.js';
import {clock, duration} from '../lib/format.js';
import {lookOf} from '../lib/outcome.js';

/* Bad ones stand out by height too: shares of it. */
const heights = {good: 0.6, live: 0.6, bad: 1, warn: 0.8, odd: 1, quiet: 0.3};

function words(outcomes) {
	const counts = new Map();
	for (const o of outcomes)
		counts.set(o, (counts.get(o) ?? 0) + 1);
	return [...counts].map(([o, n]) => `${n} × ${t(o)}`).join(', ');
}

function bar(run, i, step, height) {
	const look = lookOf(run.outcome);
	const tall = Math.round(heights[look] * height);
	const at = Date.parse(run.started ?? run.slot);
	const took = run.duration_ms === null ? ''
	    : `  ${duration(run.duration_ms)}`;
	return s('a', {href: `/runs/${run.run}`, tabindex: '-1'},
	    s('rect', {class: `bar ${look}`, x: i * step, width: step - 2,
		y: height - tall, height: tall, rx: 1}, s('title', null,
		`${t(run.outcome)}  ${clock(at)}${took}`)));
}

/* Of /v1/strips: newest first. */
function picture(rows, step, height, text) {
	const old = [...rows].reverse();
	const width = old.length * step;
	return s('svg', {role: 'img', viewBox: `0 0 ${width} ${height}`, width,
	    height, 'aria-label': t('The last runs: {words}', {words: text})},
	    old.map((run, i) => bar(run, i, step, height)));
}

/* A small one, for a row of a table. */
export function smallStrip(rows) {
	return rows === undefined || rows.length === 0 ? null
	    : picture(rows, 6, 16, words(rows.map((r) => r.outcome)));
}

export function outcomeStrip(rows) {
	if (rows.length === 0)
		return null;
	const text = words(rows.map((r) => r.outcome));
	return h('figure', {class: 'strip'}, picture(rows, 9, 26, text),
	    h('figcaption', null, text));
}
