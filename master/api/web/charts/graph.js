/* What a job comes after, and what comes after it: left to right. */
import {h, s} from '../lib/dom.js';
import {segment} from '../lib/api.js';
import {t} from '../lib/i18n.js';
import {lookOf} from '../lib/outcome.js';
import {section} from '../lib/parts.js';

const NODE_W = 170, NODE_H = 30, GAP_X = 60, GAP_Y = 14;
const NODES_MAX = 80;

/* Collects nodes by name, with the longest way from the middle, and edges. */
class Layers {
	nodes = new Map();
	edges = [];
	cut = false;

	add(name, last, depth) {
		const known = this.nodes.get(name);
		if (known === undefined && this.nodes.size >= NODES_MAX) {
			this.cut = true;
			return false;
		}
		if (known === undefined)
			this.nodes.set(name, {name, last, depth});
		else if (Math.abs(depth) > Math.abs(known.depth))
			known.depth = depth;
		return true;
	}

	walk(name, branches, key, depth, side) {
		for (const branch of branches ?? []) {
			this.cut ||= Boolean(branch.more);
			if (!this.add(branch.job, branch.last, depth * side))
				continue;
			this.edges.push(side < 0 ? [branch.job, name]
			    : [name, branch.job]);
			this.walk(branch.job, branch[key], key, depth + 1, side);
		}
	}

	/* Gives each its place; returns the size of all. */
	place() {
		const columns = new Map();
		const least = Math.min(...[...this.nodes.values()]
		    .map((n) => n.depth));
		for (const node of this.nodes.values()) {
			const column = columns.get(node.depth) ?? [];
			columns.set(node.depth, column);
			node.x = (node.depth - least) * (NODE_W + GAP_X) + 1;
			column.push(node);
		}
		const most = Math.max(...[...columns.values()]
		    .map((c) => c.length));
		for (const column of columns.values())
			column.forEach((node, i) => {
				node.y = (i + (most - column.length) / 2)
				    * (NODE_H + GAP_Y) + 1;
			});
		return [columns.size * (NODE_W + GAP_X) - GAP_X + 2,
		    most * (NODE_H + GAP_Y) - GAP_Y + 2];
	}
}

function edge([from, to], nodes) {
	const a = nodes.get(from), b = nodes.get(to);
	const x1 = a.x + NODE_W, y1 = a.y + NODE_H / 2;
	const x2 = b.x, y2 = b.y + NODE_H / 2, mid = (x1 + x2) / 2;
	return s('path', {class: 'edge', 'marker-end': 'url(#arrow)',
	    d: `M${x1} ${y1}C${mid} ${y1} ${mid} ${y2} ${x2 - 5} ${y2}`});
}

function short(name) {
	return name.length > 20 ? `${name.slice(0, 19)}…` : name;
}

function node(n, middle) {
	const outcome = n.last?.outcome;
	const look = outcome ? lookOf(outcome) : 'quiet';
	const words = outcome ? `${n.name}: ${t(outcome)}` : n.name;
	return s('a', {href: `/jobs/${segment(n.name)}`, 'aria-label': words,
	    transform: `translate(${n.x} ${n.y})`},
	    s('rect', {class: `node ${n.name === middle ? 'self' : ''}`,
		width: NODE_W, height: NODE_H, rx: 5}),
	    s('rect', {class: `bar ${look}`, width: 4, height: NODE_H - 12,
		x: 8, y: 6, rx: 2}),
	    s('text', {x: 20, y: NODE_H / 2 + 4}, short(n.name)),
	    s('title', null, words));
}

/* null when it stands alone. */
export function graph(job) {
	const layers = new Layers();
	layers.add(job.name, job.last, 0);
	layers.walk(job.name, job.tree.after, 'after', 1, -1);
	layers.walk(job.name, job.tree.dependents, 'dependents', 1, 1);
	if (layers.nodes.size < 2)
		return null;
	const [width, height] = layers.place();
	return section(t('Dependencies'), null, h('div', {class: 'scroll'},
	    s('svg', {class: 'graph', role: 'group', width, height,
		viewBox: `0 0 ${width} ${height}`, 'aria-label': t('Dependencies')},
		s('defs', null, s('marker', {id: 'arrow', viewBox: '0 0 8 8',
		    refX: 5, refY: 4, markerWidth: 7, markerHeight: 7,
		    orient: 'auto'}, s('path', {class: 'arrow',
			d: 'M0 0l8 4-8 4z'}))),
		layers.edges.map((e) => edge(e, layers.nodes)),
		[...layers.nodes.values()].map((n) => node(n, job.name)))),
	    layers.cut ? h('p', {class: 'muted'},
		t('There are more than are shown.')) : null);
}
