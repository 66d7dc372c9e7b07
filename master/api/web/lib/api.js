/* Calls of the API, as whoever is logged in. */

export class ApiError extends Error {
	constructor(status, code, message) {
		super(message);
		this.status = status;
		this.code = code;
	}
}

let skewMs = 0;

/* The server's time, in milliseconds: ages are told by it. */
export function now() {
	return Date.now() + skewMs;
}

/* A Date header has whole seconds: less than that is no difference. */
function takeDate(response) {
	const date = Date.parse(response.headers.get('Date') ?? '');
	if (Number.isNaN(date))
		return;
	const skew = date + 500 - Date.now();
	skewMs = Math.abs(skew) > 2000 ? skew : 0;
}

async function problemOf(response) {
	try {
		const {error} = await response.json();
		return new ApiError(response.status, error.code, error.message);
	} catch (error) {
		if (error.name === 'AbortError')
			throw error;
		return new ApiError(response.status, 'unknown',
		    `HTTP ${response.status}`);
	}
}

/* What breaks off is no answer; what the page itself ended stays as it is. */
function unreachable(error) {
	return error.name === 'AbortError' ? error
	    : new ApiError(0, 'unreachable', error.message);
}

async function send(path, options) {
	let response;
	try {
		response = await fetch(path, {credentials: 'same-origin', ...options});
	} catch (error) {
		throw unreachable(error);
	}
	takeDate(response);
	if (response.status === 401 && options.method === undefined)
		document.dispatchEvent(new CustomEvent('logged-out'));
	if (!response.ok)
		throw await problemOf(response);
	return response;
}

/* A path with a query of those values that are given. */
export function address(path, query) {
	const pairs = Object.entries(query ?? {})
	    .filter(([, v]) => v !== undefined && v !== null && v !== '');
	return pairs.length === 0 ? path
	    : `${path}?${new URLSearchParams(pairs)}`;
}

export function segment(name) {
	return encodeURIComponent(name);
}

/* The query of the next page, or null. */
function nextOf(response) {
	const link = response.headers.get('Link') ?? '';
	const found = /<[^>?]*\?([^>]*)>; rel="next"/.exec(link);
	return found === null ? null
	    : Object.fromEntries(new URLSearchParams(found[1]));
}

export async function get(path, query, signal) {
	const response = await send(address(path, query), {signal});
	return response.json();
}

/* A page of a list: {rows, next}; next is the query of the page after it. */
export async function getPage(path, query, signal) {
	const response = await send(address(path, query), {signal});
	return {rows: await response.json(), next: nextOf(response)};
}

export async function post(path, body) {
	const response = await send(path, {
		method: 'POST',
		headers: {'Content-Type': 'application/json'},
		body: JSON.stringify(body ?? {}),
	});
	return response.status === 204 ? null : response.json();
}

export async function remove(path) {
	await send(path, {method: 'DELETE'});
}

/* Calls take(text) with what comes, until its end. */
export async function stream(path, query, signal, take) {
	const response = await send(address(path, query), {signal});
	const reader = response.body.pipeThrough(new TextDecoderStream())
	    .getReader();
	try {
		for (;;) {
			const {done, value} = await reader.read();
			if (done)
				return;
			take(value);
		}
	} catch (error) {
		throw unreachable(error);
	}
}
