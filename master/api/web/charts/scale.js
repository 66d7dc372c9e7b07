/* From values to places on the screen. Pure. */

/* A function from [from, to] to [low, high]; it has both as properties. */
export function scale(from, to, low, high) {
	const span = to - from || 1;
	const f = (v) => Math.round((low + (v - from) / span * (high - low)) * 10)
	    / 10;
	return Object.assign(f, {from, to});
}

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500,
	...[1, 2, 5, 10, 20, 30].map((s) => s * 1000),
	...[1, 2, 5, 10, 20, 30].map((m) => m * 60000),
	...[1, 2, 3, 6, 12, 24, 48, 168].map((h) => h * 3600000)];

/* Three or so round durations up to most, in milliseconds. */
export function ticks(most) {
	const step = STEPS.find((s) => most / s <= 4) ?? Math.ceil(most / 4);
	const found = [];
	for (let v = 0; v <= most; v += step)
		found.push(v);
	return found;
}

/* Times between from and to at which an axis is marked, a dozen at most. */
export function timeTicks(from, to, many = 8) {
	const step = STEPS.find((s) => s >= 1000 && (to - from) / s <= many)
	    ?? 7 * 86400000;
	const shift = new Date(from).getTimezoneOffset() * 60000;
	const found = [];
	for (let v = Math.ceil((from - shift) / step) * step + shift; v <= to;
	    v += step)
		found.push(v);
	return found;
}
