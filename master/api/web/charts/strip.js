/* Outcomes as a strip, the oldest at the left. */
import {h, s} from '../lib/dom.js';
import {t} from '../lib/i18n.js';
import {clock} from '../lib/format.js';
import {lookOf} from '../lib/outcome.js';

const STEP = 9, WIDTH = 7, HEIGHT = 26;

/* Bad ones stand out by height too. */
const heights = {good: 16, live: 16, bad: HEIGHT, warn: 20, odd: HEIGHT,
	quiet: 8};

function words(outcomes) {
	const counts = new Map();
	for (const o of outcomes)
		counts.set(o, (counts.get(o) ?? 0) + 1);
	return [...counts].map(([o, n]) => `${n} × ${t(o)}`).join(', ');
}

function bar(run, i) {
	const outcome = run.outcome ?? 'running';
	const look = lookOf(outcome);
	const height = heights[look];
	const at = Date.parse(run.started ?? run.slot);
	return s('a', {href: `/runs/${run.id}`, tabindex: '-1'},
	    s('rect', {class: `bar ${look}`, x: i * STEP, width: WIDTH,
		y: HEIGHT - height, height, rx: 1.5},
		s('title', null, `${t(outcome)}  ${clock(at)}`)));
}

/* rows: runs, the newest first. */
export function outcomeStrip(rows) {
	if (rows.length === 0)
		return null;
	const old = [...rows].reverse();
	const text = words(old.map((r) => r.outcome ?? 'running'));
	return h('figure', {class: 'strip'},
	    s('svg', {role: 'img', viewBox: `0 0 ${old.length * STEP} ${HEIGHT}`,
		width: old.length * STEP, height: HEIGHT, 'aria-label':
		    t('The last runs: {words}', {words: text})}, old.map(bar)),
	    h('figcaption', null, text));
}
