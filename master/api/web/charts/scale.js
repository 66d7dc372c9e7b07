/* From values to places on the screen. Pure. */

/* A function from [from, to] to [low, high]; it has both as properties. */
export function scale(from, to, low, high) {
	const span = to - from || 1;
	const f = (v) => Math.round((low + (v - from) / span * (high - low)) * 10)
	    / 10;
	return Object.assign(f, {from, to});
}

const HOUR = 3600000, DAY = 24 * HOUR;
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500,
	...[1, 2, 5, 10, 20, 30].map((s) => s * 1000),
	...[1, 2, 5, 10, 20, 30].map((m) => m * 60000),
	...[1, 2, 3, 6, 12].map((h) => h * HOUR),
	...[1, 2, 7, 14, 28].map((d) => d * DAY)];

/* Three or so round durations up to most, in milliseconds. */
export function ticks(most) {
	const step = STEPS.find((s) => most / s <= 4) ?? Math.ceil(most / 4);
	const found = [];
	for (let v = 0; v <= most; v += step)
		found.push(v);
	return found;
}

/* Round local times between from and to. */
export function timeTicks(from, to, many = 7) {
	const step = STEPS.find((s) => s >= 1000 && (to - from) / s <= many)
	    ?? 28 * DAY;
	const shift = new Date(from).getTimezoneOffset() * 60000;
	const found = [];
	for (let v = Math.ceil((from - shift) / step) * step + shift; v <= to;
	    v += step)
		found.push(v);
	return found;
}

function pad(n) {
	return String(n).padStart(2, '0');
}

/* So much of a time as the axis needs. */
export function tickText(ms, from, to) {
	const d = new Date(ms);
	const date = `${pad(d.getMonth() + 1)}-${pad(d.getDate())}`;
	const time = `${pad(d.getHours())}:${pad(d.getMinutes())}`;
	if (to - from > 3 * DAY)
		return date;
	if (to - from > 10 * 60000)
		return time === '00:00' ? date : time;
	return `${time}:${pad(d.getSeconds())}`;
}
