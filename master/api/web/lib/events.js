/*
 * What happens, as the daemon tells it (/v1/events), while somebody looks.
 * Nothing is shown from it: it says when to ask again. Without it pages ask
 * every few seconds.
 */
const kinds = ['run', 'slot', 'pause', 'jobs', 'reset'];
const AGAIN_MS = 15000;

const listeners = new Set();
let source = null;
let retry;

/* Is what changes told? Then there is little to be asked for else. */
export function isTold() {
	return source !== null && source.readyState === EventSource.OPEN;
}

/* Calls f(kind, data) for each, until the signal. */
export function listen(signal, f) {
	listeners.add(f);
	signal.addEventListener('abort', () => listeners.delete(f));
}

function tell(event) {
	const data = event.type === 'reset' ? {} : JSON.parse(event.data);
	for (const f of listeners)
		f(event.type, data);
}

function close() {
	source?.close();
	source = null;
	clearTimeout(retry);
}

/* One that was refused is not tried again by the browser itself. */
function failed() {
	if (source?.readyState !== EventSource.CLOSED)
		return;
	close();
	retry = setTimeout(open, AGAIN_MS);
}

/* A browser has few connections for all its tabs: those unseen have none. */
function open() {
	close();
	if (document.hidden)
		return;
	source = new EventSource('/v1/events');
	for (const kind of kinds)
		source.addEventListener(kind, tell);
	source.addEventListener('error', failed);
}

export function startEvents() {
	document.addEventListener('visibilitychange', open);
	open();
}

export function stopEvents() {
	document.removeEventListener('visibilitychange', open);
	close();
}
