/*
 * Bars in rows. What is to be told apart is told by shape too: bad bars have
 * a notch, those that run are open at their end, slots that were missed are
 * hollow, those that were skipped are flat.
 */
import {h} from '../lib/dom.js';
import {jobLink} from '../lib/parts.js';
import {t, tn} from '../lib/i18n.js';
import {clock, duration} from '../lib/format.js';
import {lookOf} from '../lib/outcome.js';
import {timeTicks, tickText} from './scale.js';

/* Moved so far it is a drag, in pixels. */
const DRAG = 6;

/* Style by property: a policy without inline styles allows it. */
function at(el, view, from, to) {
	const share = (ms) => (ms - view.from) / (view.to - view.from) * 100;
	const left = Math.max(share(from), 0);
	/* The newest are at the very edge. */
	el.style.left = `min(${left}%, calc(100% - 4px))`;
	el.dataset.from = from;
	el.style.width = `${Math.max(Math.min(share(to), 100) - left, 0)}%`;
	return el;
}

function barText(bar, byHost) {
	const took = bar.finished === null ? ''
	    : duration(Date.parse(bar.finished) - Date.parse(bar.started));
	return [byHost ? bar.job : bar.host, t(bar.outcome),
	    clock(Date.parse(bar.started)), took,
	    bar.count > 1 ? tn('{n} run', '{n} runs', bar.count) : '']
	    .filter((s) => s !== '').join('  ');
}

function bar(b, view, byHost) {
	const text = barText(b, byHost);
	return at(h('a', {href: `/runs/${b.run}`, tabindex: '-1',
	    class: `span ${lookOf(b.outcome)}`, title: text, 'aria-label': text}),
	    view, Date.parse(b.started),
	    b.finished === null ? view.to : Date.parse(b.finished));
}

function slot(s, view) {
	const text = `${t(s.outcome)}: ${s.reason ? t(s.reason) : ''}  `
	    + `${clock(Date.parse(s.slot))}`
	    + `${s.count > 1 ? `  × ${s.count}` : ''}`;
	return at(h('a', {href: `/jobs/${encodeURIComponent(s.job)}?at=${s.slot}`,
	    tabindex: '-1', class: `span slot ${s.outcome}`, title: text,
	    'aria-label': text}), view, Date.parse(s.slot), Date.parse(s.until));
}

/* One bar of a row can be tabbed to; the arrows go to the others. */
function arrows(event) {
	const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
	const bars = [...event.currentTarget.querySelectorAll('.span')];
	const to = bars[bars.indexOf(document.activeElement) + step];
	if (to === undefined)
		return;
	event.preventDefault();
	document.activeElement.tabIndex = -1;
	to.tabIndex = 0;
	to.focus();
}

function start(el) {
	return Number(el.dataset.from);
}

function row(r, view, byHost) {
	const marks = [...r.bars.map((b) => bar(b, view, byHost)),
	    ...r.slots.map((s) => slot(s, view))]
	    .sort((a, b) => start(a) - start(b));
	if (marks.length > 0)
		marks[0].tabIndex = 0;
	return h('div', {class: 'row', role: 'row'},
	    h('div', {class: 'row-name', role: 'rowheader'},
		byHost ? r.name : jobLink(r.name)),
	    h('div', {class: 'track', role: 'cell', onkeydown: arrows}, marks));
}

function axis(view) {
	return h('div', {class: 'row head', 'aria-hidden': 'true'},
	    h('div', {class: 'row-name'}), h('div', {class: 'track'},
		timeTicks(view.from, view.to).map((ms) => at(h('span',
		    {class: 'tick-name'}, tickText(ms, view.from, view.to)),
		    view, ms, ms))));
}

/* Lines through all rows, and what is drawn over a stretch to zoom to. */
function lines(view) {
	return h('div', {class: 'row lines', 'aria-hidden': 'true'},
	    h('div', {class: 'row-name'}), h('div', {class: 'track'},
		timeTicks(view.from, view.to).map((ms) =>
		    at(h('i', {class: 'line'}), view, ms, ms))));
}

function canZoom(el, view, zoom) {
	const band = h('i', {class: 'band', hidden: true});
	const track = el.querySelector('.lines .track');
	let from = null;

	track.append(band);
	const timeAt = (x) => {
		const box = track.getBoundingClientRect();
		return view.from + Math.min(Math.max((x - box.left) / box.width, 0),
		    1) * (view.to - view.from);
	};
	el.addEventListener('pointerdown', (e) => {
		from = e.pointerType === 'mouse' && e.button === 0
		    && e.target.closest('.track') ? e.clientX : null;
	});
	el.addEventListener('pointermove', (e) => {
		if (from === null || Math.abs(e.clientX - from) < DRAG)
			return;
		band.hidden = false;
		at(band, view, ...[timeAt(from), timeAt(e.clientX)]
		    .sort((a, b) => a - b));
	});
	el.addEventListener('pointerup', (e) => {
		if (from !== null && !band.hidden)
			zoom(...[timeAt(from), timeAt(e.clientX)]
			    .sort((a, b) => a - b));
		from = null;
		band.hidden = true;
	});
	el.addEventListener('dragstart', (e) => e.preventDefault());
}

/* Is somebody in the middle of it? */
export function isDragged(el) {
	return el.querySelector('.band:not([hidden])') !== null;
}

/* As /v1/timeline has it; zoom(from, to) when somebody drags over it. */
export function timeline(found, {zoom, title}) {
	const view = {from: Date.parse(found.since), to: Date.parse(found.until)};
	const byHost = found.by === 'host';
	if (found.rows.length === 0)
		return h('p', {class: 'empty'}, t('Nothing ran in this time.'));
	const el = h('div', {class: 'gantt', role: 'table', 'aria-label': title},
	    lines(view), axis(view),
	    found.rows.map((r) => row(r, view, byHost)));
	canZoom(el, view, zoom);
	return [el, found.complete ? null : h('p', {class: 'empty'},
	    t('There is more than fits: zoom in, or name the jobs.'))];
}

export function legend() {
	const key = (kind, text) => h('span', {class: 'key'},
	    h('i', {class: `span ${kind}`}), text);
	return h('p', {class: 'legend'}, key('good', t('success')),
	    key('bad', t('failure')), key('warn', t('killed')),
	    key('odd', t('lost')), key('live', t('running')),
	    key('slot missed', t('missed')), key('slot skipped', t('skipped')),
	    h('span', {class: 'muted'}, t('Drag over the bars to zoom.')));
}
