/* How many slots fall due in each minute of the next hour. */
import {h, s} from '../lib/dom.js';
import {t} from '../lib/i18n.js';
import {clock, number} from '../lib/format.js';

const HEIGHT = 70, BOTTOM = 18;

/* As /v1/overview has it. */
export function nextHour({from, step_ms, starts, estimated}) {
	const begin = Date.parse(from);
	const most = Math.max(...starts, 1);
	const sum = starts.reduce((a, b) => a + b, 0);
	const step = innerWidth < 760 ? 6 : 9;
	const width = starts.length * step;
	const text = estimated ? t('about {n} slots in the next hour', {n: number(sum)})
	    : t('{n} slots in the next hour', {n: number(sum)});
	const time = (i) => clock(begin + i * step_ms, false).slice(0, 5);
	return h('figure', {class: 'chart'}, s('svg', {role: 'img',
	    viewBox: `0 0 ${width} ${HEIGHT + BOTTOM}`, 'aria-label':
		text},
	    starts.map((n, i) => {
		    const tall = n === 0 ? 1
			: Math.max(3, Math.round(n / most * (HEIGHT - 4)));
		    return s('rect', {class: n === 0 ? 'bar none' : 'bar live',
			x: i * step, width: step - 2, y: HEIGHT - tall,
			height: tall, rx: 1.5},
			s('title', null, `${time(i)}  ${number(n)}`));
	    }),
	    [0, 15, 30, 45].map((i) => s('text', {class: 'axis', x: i * step,
		y: HEIGHT + BOTTOM - 2}, time(i)))),
	    h('figcaption', null, text));
}
