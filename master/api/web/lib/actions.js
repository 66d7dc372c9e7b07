/* What people do to jobs and runs. */
import {h} from './dom.js';
import {now, post, segment} from './api.js';
import {t} from './i18n.js';
import {act, ask, field} from './parts.js';

/* "A=1" lines as an object; a line without = is an error of its own. */
function paramsOf(text) {
	const pairs = text.split('\n').map((line) => line.trim())
	    .filter((line) => line !== '').map((line) => {
		    const at = line.indexOf('=');
		    if (at < 1)
			    throw new Error(t('"{line}" is not NAME=VALUE',
				{line}));
		    return [line.slice(0, at), line.slice(at + 1)];
	    });
	return pairs.length > 0 ? {params: Object.fromEntries(pairs)} : {};
}

export function startRun(job, body) {
	return post(`/v1/jobs/${segment(job)}/run`, body);
}

export function pause(job, body) {
	return post(`/v1/jobs/${segment(job)}/pause`, body);
}

export function resume(job) {
	return post(`/v1/jobs/${segment(job)}/resume`);
}

/* Asks for parameters and starts it; then done(answer). */
export async function askRun(job, done) {
	const form = await ask(t('Run {job} now', {job}), t('Run'),
	    field(t('Parameters, NAME=VALUE, one a line'),
		h('textarea', {name: 'params', rows: 3, spellcheck: 'false'})));
	if (form === null)
		return;
	const answer = await act(() => startRun(job, paramsOf(form.params)),
	    t('{job} was started', {job}));
	if (answer !== null)
		done(answer);
}

/* The API wants a time, people say how long. */
function untilOf(span) {
	return span === '' ? undefined
	    : new Date(now() + Number(span) * 60000).toISOString();
}

export function askPause(what) {
	return ask(t('Pause {what}', {what}), t('Pause'),
	    field(t('For'), h('select', {name: 'span'},
		h('option', {value: ''}, t('until it is resumed')),
		h('option', {value: '60'}, t('1 hour')),
		h('option', {value: '480'}, t('8 hours')),
		h('option', {value: '1440'}, t('1 day')))),
	    field(t('Reason, for the others'),
		h('input', {name: 'reason', maxlength: 200})));
}

export function pauseBody(form) {
	return {until: untilOf(form.span), reason: form.reason || undefined};
}

export async function pauseJob(job, done) {
	const form = await askPause(job);
	if (form === null)
		return;
	const answer = await act(() => pause(job, pauseBody(form)),
	    t('{job} is paused', {job}));
	if (answer !== null)
		done();
}

export async function resumeJob(job, done) {
	if (await act(() => resume(job), t('{job} goes on', {job})) !== null)
		done();
}

/* Nothing starts by itself any more. */
export async function pauseAll(done) {
	const form = await askPause(t('all jobs'));
	if (form !== null && await act(() => post('/v1/pause', pauseBody(form)),
	    t('All jobs are paused')) !== null)
		done();
}

export async function resumeAll(done) {
	if (await act(() => post('/v1/resume'), t('All jobs go on')) !== null)
		done();
}

/* The job files; what is wrong in them is on the overview. */
export function reload() {
	return act(() => post('/v1/reload'), t('The job files were read again'));
}

export async function killRun(id, job, done) {
	const form = await ask(t('Kill this run of {job}?', {job}), t('Kill'),
	    h('p', null, t('Its whole process tree is ended: first with its '
		+ 'kill signal, after its grace with SIGKILL.')));
	if (form === null)
		return;
	if (await act(() => post(`/v1/runs/${segment(id)}/kill`),
	    t('It was told to end')) !== null)
		done();
}

/* One after the other, so that many do not fill the server's table. */
export async function forEach(names, f) {
	let failures = 0, last = null;
	for (const name of names)
		try {
			await f(name);
		} catch (error) {
			failures++;
			last = error;
		}
	if (failures > 0)
		throw new Error(t('{failed} of {all} failed: {why}',
		    {failed: failures, all: names.length, why: last.message}));
}
