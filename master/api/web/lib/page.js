/*
 * What a page has while it is shown: everything that it started ends with it.
 */
import {h, swap, isSelected} from './dom.js';
import {t} from './i18n.js';
import {clock} from './format.js';
import {now} from './api.js';
import {Refresh} from './refresh.js';

export class Page {
	#ending = new AbortController();
	#banner = h('div', {class: 'banner', role: 'alert', hidden: true});
	#heading = h('h1', {tabindex: '-1'});

	constructor(main, {params, query, go}) {
		this.params = params;
		this.query = query;
		this.go = go;
		this.body = h('div', {class: 'page'});
		this.actions = h('div', {class: 'actions'});
		main.replaceChildren(h('div', {class: 'page-head'},
		    this.#heading, this.actions), this.#banner, this.body);
	}

	get signal() {
		return this.#ending.signal;
	}

	end() {
		this.#ending.abort();
	}

	title(text, ...beside) {
		swap(this.#heading, text, beside);
		document.title = `${text} · belfry`;
	}

	focus() {
		this.#heading.focus({preventScroll: true});
	}

	/* An error that stays until it is over. */
	problem(error) {
		if (error.name === 'AbortError')
			return;
		this.#banner.hidden = false;
		this.#banner.textContent = error.status === 0
		    ? t('The daemon cannot be reached. What you see is of {time}.',
			{time: clock(this.seen ?? now(), false)})
		    : error.message;
	}

	well() {
		this.seen = now();
		this.#banner.hidden = true;
	}

	/* Once, and what went wrong is shown. */
	async once(load) {
		try {
			await load();
			if (!this.signal.aborted)
				this.well();
		} catch (error) {
			if (this.signal.aborted)
				return;
			this.problem(error);
			if (!('status' in error))
				throw error;
		}
	}

	/*
	 * Again and again, as long as the page is looked at, and soon after
	 * what concerns it has happened. Resolves after the first.
	 */
	every(ms, load, concerns) {
		return new Refresh(this, ms, load, concerns).run();
	}

	/* Never resolves when the page ends before. */
	sleep(ms) {
		return new Promise((resolve) => {
			const timer = setTimeout(resolve, ms);
			this.signal.addEventListener('abort',
			    () => clearTimeout(timer));
		});
	}

	/* Shows what was made of data, unless it is as before or in use. */
	show(el, data, ...children) {
		const text = JSON.stringify(data);
		if (el.shown === text || isSelected(el))
			return;
		el.shown = text;
		swap(el, children.map((c) => typeof c === 'function' ? c() : c));
	}

	/* The query of the address, changed: pages can be linked to. */
	setQuery(changes) {
		const query = {...this.query, ...changes};
		for (const key of Object.keys(query))
			if (query[key] === '' || query[key] === null)
				delete query[key];
		this.go(location.pathname, query, true);
	}
}
