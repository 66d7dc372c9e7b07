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
	rows = [];
	#more = false;
	#drawn = 0;
	#list = h('div');
	#rest = h('div');

	/* render(rows) makes the content; loaded(), if any, comes after it. */
	constructor(page, path, query, render, loaded) {
		Object.assign(this, {page, path, query, render, loaded});
		this.element = h('div', null, this.#list, this.#rest);
	}

	async #load(query) {
		const found = await getPage(this.path, query, this.page.signal);
		this.rows = this.#more ? [...this.rows, ...found.rows]
		    : found.rows;
		this.#draw();
		swap(this.#rest, more(this.rows.length < ROWS_MAX ? found.next
		    : null, () => {
			    this.#more = true;
			    this.page.once(() => this.#load(found.next));
		    }));
		await this.loaded?.();
	}

	#draw() {
		this.page.show(this.#list, [this.#drawn, this.rows],
		    () => this.render(this.rows));
	}

	/* Again, because something else than the rows has changed. */
	redraw() {
		this.#drawn++;
		this.#draw();
	}

	refresh() {
		return this.#more ? undefined : this.#load(this.query);
	}

	/* From the first row again. */
	restart() {
		this.#more = false;
		return this.page.once(() => this.refresh());
	}

	keep(ms, concerns) {
		return this.page.every(ms, () => this.refresh(), concerns);
	}
}
