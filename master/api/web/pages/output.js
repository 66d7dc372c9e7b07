/* The output of a run, as it comes. */
import {h} from '../lib/dom.js';
import {segment, stream} from '../lib/api.js';
import {t} from '../lib/i18n.js';
import {button} from '../lib/parts.js';

/* So much stays on the page; the file has all that was kept. */
const KEPT = 1 << 20;

const AGAIN_MS = 2000;

/* Colours and cursor movements of terminals, and what else is not text. */
// eslint-disable-next-line no-control-regex
const CONTROLS = /\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.|[\x00-\x08\x0b-\x1f\x7f]/g;

class Output {
	#waiting = '';
	#scheduled = false;
	#size = 0;

	constructor(pre) {
		this.pre = pre;
		this.follow = true;
		pre.addEventListener('scroll', () => {
			this.follow = pre.scrollHeight - pre.scrollTop
			    - pre.clientHeight < 24;
		});
	}

	/* Once a frame, however many pieces came. */
	add(text) {
		this.#waiting += text.replaceAll('\r\n', '\n')
		    .replace(CONTROLS, '');
		if (this.#scheduled)
			return;
		this.#scheduled = true;
		requestAnimationFrame(() => this.#flush());
	}

	#flush() {
		this.#scheduled = false;
		const text = this.#waiting.slice(-KEPT);
		this.#waiting = '';
		this.pre.append(text);
		this.#size += text.length;
		while (this.#size > KEPT && this.pre.childNodes.length > 1) {
			this.#size -= this.pre.firstChild.data.length;
			this.pre.firstChild.remove();
		}
		if (this.follow)
			this.pre.scrollTop = this.pre.scrollHeight;
	}

	get isEmpty() {
		return this.#size === 0 && this.#waiting === '';
	}

	clear() {
		this.pre.replaceChildren();
		this.#size = 0;
		this.#waiting = '';
		this.follow = true;
	}
}

/*
 * Follows it until its end, or until the page ends. When that breaks off, since
 * the daemon is restarted or a laptop slept, it is read from its beginning.
 */
async function followOutput(page, path, output) {
	for (;;) {
		try {
			await stream(path, {follow: 1}, page.signal,
			    (text) => output.add(text));
			return;
		} catch (error) {
			if (error.status !== 0)
				throw error;
		}
		await page.sleep(AGAIN_MS);
		output.clear();
	}
}

export async function showOutput(page, el, run) {
	const path = `/v1/runs/${segment(run.id)}/output`;
	const pre = h('pre', {class: 'output', tabindex: '0', role: 'log',
	    'aria-live': 'off', 'aria-label': t('Output')});
	const state = h('span', {class: 'muted', role: 'status'});
	const wrap = button(t('Wrap lines'), () => {
		const on = pre.classList.toggle('wrap');
		wrap.setAttribute('aria-pressed', String(on));
	}, 'plain');
	wrap.setAttribute('aria-pressed', 'false');
	el.append(h('section', {class: 'card'}, h('div',
	    {class: 'card-head'}, h('h2', null, t('Output')), state,
	    h('span', {class: 'grow'}), wrap, h('a', {href: path,
		download: `${run.id}.txt`}, t('Download'))), pre));
	const output = new Output(pre);
	state.textContent = run.outcome === null ? t('live') : '';
	await page.once(() => followOutput(page, path, output));
	if (!page.signal.aborted)
		state.textContent = output.isEmpty ? t('It wrote nothing.') : '';
}
