/* What a job comes after, and what comes after it: left to right. */
import {h, s} from '../lib/dom.js';
import {segment} from '../lib/api.js';
import {t} from '../lib/i18n.js';
import {lookOf} from '../lib/outcome.js';

const NODE_W = 158, NODE_H = 30, GAP_X = 46, GAP_Y = 14;
const NAME_MAX = 18;

/* Each job's column: one behind the last of those that it comes after. */
function columnsOf(nodes, edges) {
	const column = new Map(nodes.map((n) => [n.job, 0]));
	for (let i = 0, moved = true; moved && i < nodes.length; i++) {
		moved = false;
		for (const {from, to} of edges)
			if (column.get(to) <= column.get(from)) {
				column.set(to, column.get(from) + 1);
				moved = true;
			}
	}
	return column;
}

/* Where each is; and how large all is. */
function place(nodes, edges) {
	const column = columnsOf(nodes, edges);
	const columns = [];
	for (const {job} of nodes)
		(columns[column.get(job)] ??= []).push(job);
	const most = Math.max(...columns.map((c) => c.length));
	const at = new Map();
	columns.forEach((jobs, i) => jobs.forEach((job, j) => at.set(job, {
		x: i * (NODE_W + GAP_X) + 1,
		y: (j + (most - jobs.length) / 2) * (NODE_H + GAP_Y) + 1,
	})));
	return {at, width: columns.length * (NODE_W + GAP_X) - GAP_X + 2,
	    height: most * (NODE_H + GAP_Y) - GAP_Y + 2};
}

/* The usual condition, success, is not said. */
function edge({from, to, when}, at) {
	const a = at.get(from), b = at.get(to);
	const x1 = a.x + NODE_W, y1 = a.y + NODE_H / 2;
	const x2 = b.x - 5, y2 = b.y + NODE_H / 2, mid = (x1 + x2) / 2;
	return [s('path', {class: `edge ${when}`, 'marker-end': 'url(#arrow)',
	    d: `M${x1} ${y1}C${mid} ${y1} ${mid} ${y2} ${x2} ${y2}`}),
	    when === 'success' ? null : s('text', {class: 'edge-name', x: mid,
		y: (y1 + y2) / 2 - 4}, t(when))];
}

function short(name) {
	return name.length <= NAME_MAX ? name
	    : `${name.slice(0, NAME_MAX - 1)}…`;
}

function node({job, last}, {x, y}, middle) {
	const outcome = last?.outcome;
	const words = outcome ? `${job}: ${t(outcome)}` : job;
	return s('a', {href: `/jobs/${segment(job)}`, 'aria-label': words,
	    transform: `translate(${x} ${y})`},
	    s('rect', {class: `node ${job === middle ? 'self' : ''}`,
		width: NODE_W, height: NODE_H, rx: 5}),
	    s('rect', {class: `bar ${outcome ? lookOf(outcome) : 'quiet'}`,
		width: 4, height: NODE_H - 12, x: 8, y: 6, rx: 2}),
	    s('text', {x: 20, y: NODE_H / 2 + 4}, short(job)),
	    s('title', null, words));
}

function arrow() {
	return s('defs', null, s('marker', {id: 'arrow', viewBox: '0 0 8 8',
	    refX: 5, refY: 4, markerWidth: 7, markerHeight: 7, orient: 'auto'},
	    s('path', {class: 'arrow', d: 'M0 0l8 4-8 4z'})));
}

/* As /v1/jobs/J/graph has it; null when the job stands alone. */
export function graph({job, nodes, edges, complete}) {
	if (nodes.length < 2)
		return null;
	const {at, width, height} = place(nodes, edges);
	return [h('div', {class: 'scroll'}, s('svg', {class: 'graph',
	    role: 'group', 'aria-label': t('Dependencies'), width, height,
	    viewBox: `0 0 ${width} ${height}`}, arrow(),
	    edges.map((e) => edge(e, at)),
	    nodes.map((n) => node(n, at.get(n.job), job)))),
	    complete ? null : h('p', {class: 'empty'},
		t('There are more than are shown.'))];
}
