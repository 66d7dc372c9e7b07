/*
 * A list that is read page by page: the first is kept up to date until
 * somebody asks for more.
 */
import {h, swap} from './dom.js';
import {getPage} from './api.js';
import {more} from './parts.js';

/* What a page of the dashboard can hold without becoming slow. */
const ROWS_MAX = 1000;

export class PagedList {
	#rows = [];
	#more = false;
	#list = h('div');
	#rest = h('div');

	/* render(rows) makes the content. */
	constructor(page, path, query, render) {
		Object.assign(this, {page, path, query, render});
		this.element = h('div', null, this.#list, this.#rest);
	}

	async #load(query) {
		const found = await getPage(this.path, query, this.page.signal);
		this.#rows = this.#more ? [...this.#rows, ...found.rows]
		    : found.rows;
		this.page.show(this.#list, this.#rows,
		    () => this.render(this.#rows));
		swap(this.#rest, more(this.#rows.length < ROWS_MAX ? found.next
		    : null, () => {
			    this.#more = true;
			    this.page.once(() => this.#load(found.next));
		    }));
	}

	refresh() {
		return this.#more ? undefined : this.#load(this.query);
	}

	/* Shows it again though no row has changed. */
	forget() {
		this.#list.shown = undefined;
	}

	/* From the first row again. */
	restart() {
		this.#more = false;
		return this.page.once(() => this.refresh());
	}

	keep(ms) {
		return this.page.every(ms, () => this.refresh());
	}
}
