/*
 * Outcomes and states: each has a colour, a shape and a word, so that nobody
 * needs to tell colours apart.
 */
import {h, s} from './dom.js';
import {t} from './i18n.js';

/* Strokes in a box of 16. */
const shapes = {
	check: 'M3.5 8.5l3 3 6-7',
	cross: 'M4 4l8 8M12 4l-8 8',
	clock: 'M8 4.5V8l2.5 1.5M8 2a6 6 0 1 0 .01 0',
	stop: 'M4 4h8v8H4z',
	question: 'M5.5 6a2.5 2.5 0 1 1 3.5 2.3q-1 .5-1 1.7M8 12.5v.5',
	bang: 'M8 3v6.5M8 12.5v.5',
	skip: 'M4 4l5 4-5 4zM12 4v8',
	hollow: 'M8 3a5 5 0 1 0 .01 0',
	play: 'M5 3.5l7 4.5-7 4.5z',
	pause: 'M5.5 4v8M10.5 4v8',
	dots: 'M4 8h.5M8 8h.5M12 8h.5',
	retry: 'M12.5 8a4.5 4.5 0 1 1-1.5-3.3M12.5 2.5v3h-3',
	dash: 'M4 8h8',
};

/* word -> [class, shape] */
const looks = {
	success: ['good', 'check'],
	failure: ['bad', 'cross'],
	timeout: ['bad', 'clock'],
	killed: ['warn', 'stop'],
	lost: ['odd', 'question'],
	'launch-failed': ['bad', 'bang'],
	skipped: ['quiet', 'skip'],
	missed: ['warn', 'hollow'],
	running: ['live', 'play'],
	waiting: ['quiet', 'dots'],
	queued: ['quiet', 'dots'],
	retrying: ['warn', 'retry'],
	paused: ['warn', 'pause'],
	disabled: ['quiet', 'dash'],
	idle: ['quiet', 'clock'],
	none: ['quiet', 'dash'],
};

export const outcomes = ['success', 'failure', 'timeout', 'killed', 'lost',
	'launch-failed', 'skipped', 'missed'];
export const runOutcomes = outcomes.slice(0, 6);

export function lookOf(word) {
	return (looks[word] ?? looks.none)[0];
}

export function shape(word) {
	const [look, name] = looks[word] ?? looks.none;
	return s('svg', {class: `shape ${look}`, viewBox: '0 0 16 16',
	    'aria-hidden': 'true'}, s('path', {d: shapes[name]}));
}

/* The shape and its word. null: it goes on. */
export function badge(word) {
	const known = word ?? 'running';
	return h('span', {class: `badge ${lookOf(known)}`}, shape(known),
	    t(known));
}

/* Why, in few words: "exit code 3", "signal 9", or the reason it gave. */
export function reasonOf(run) {
	if (run.reason)
		return run.reason;
	if (run.signal !== null && run.signal !== undefined)
		return t('signal {n}', {n: run.signal});
	return run.exit_code ? t('exit code {n}', {n: run.exit_code}) : '';
}
