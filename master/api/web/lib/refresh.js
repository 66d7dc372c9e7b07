/* When to ask for something again. */
import {isTold, listen} from './events.js';

/* At least so long after an answer, however much happens; and this many times
 * as long as the answer took. */
const PAUSE_MS = 1000, PATIENCE = 4;

/* So much less often, when changes are told of. */
const TOLD = 5;

/* For what changes all the time, whatever is told. */
export function never() {
	return false;
}

export class Refresh {
	#timer;
	#due = Infinity;
	#running = false;
	#missed = false;
	#pause = PAUSE_MS;
	#ended = 0;

	/*
	 * load() is called now, every so often and soon after each event for
	 * which concerns(kind, data) is true, as long as the page is seen.
	 */
	constructor(page, ms, load, concerns = () => true) {
		Object.assign(this, {page, ms, load, concerns});
		page.signal.addEventListener('abort',
		    () => clearTimeout(this.#timer));
		listen(page.signal, (kind, data) => {
			if (kind === 'reset' || concerns(kind, data))
				this.#soon();
		});
	}

	async run() {
		const began = performance.now();
		this.#running = true;
		this.#missed = false;
		this.#due = Infinity;
		if (!document.hidden || this.page.seen === undefined)
			await this.page.once(this.load);
		this.#running = false;
		this.#ended = performance.now();
		this.#pause = Math.max(PAUSE_MS, (this.#ended - began) * PATIENCE);
		const told = isTold() && this.concerns !== never;
		this.#plan(this.#missed ? this.#pause
		    : Math.max(this.ms * (told ? TOLD : 1), this.#pause));
	}

	#soon() {
		if (this.#running)
			this.#missed = true;
		else
			this.#plan(Math.max(100, this.#ended + this.#pause
			    - performance.now()));
	}

	/* Earlier than planned, never later. */
	#plan(wait) {
		const due = performance.now() + wait;
		if (this.page.signal.aborted || due >= this.#due)
			return;
		this.#due = due;
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.run(), wait);
	}
}
