/* What pages are put together from. */
import {h, s} from './dom.js';
import {t} from './i18n.js';
import {segment} from './api.js';

/* What was submitted is of no job, and what tells its end neither. */
export function isJob(name) {
	return !name.includes(':');
}

export function jobLink(name) {
	const href = isJob(name) ? `/jobs/${segment(name)}`
	    : `/runs?${new URLSearchParams({job: name})}`;
	return h('a', {href, class: 'name'}, name);
}

export function runLink(id, text) {
	return id ? h('a', {href: `/runs/${segment(id)}`, class: 'code'},
	    text ?? id.slice(0, 12)) : h('span', {class: 'muted'}, '–');
}

export function empty(text) {
	return h('p', {class: 'empty'}, text);
}

/* A titled part of a page; extra stands at the right of its title. */
export function section(title, extra, ...content) {
	return h('section', {class: 'card'},
	    h('div', {class: 'card-head'}, h('h2', null, title), extra),
	    content);
}

/*
 * columns: [[title, class], ...]; rows: [[cell, ...], ...]. The caption is for
 * those who do not see the title above. A cell's title is shown beside it
 * where the table becomes a list.
 */
export function table(caption, columns, rows) {
	return h('div', {class: 'scroll'}, h('table', {class: 'list'},
	    h('caption', {class: 'hidden'}, caption),
	    h('thead', null, h('tr', null, columns.map(([title, kind]) =>
		h('th', {scope: 'col', class: kind}, title)))),
	    h('tbody', null, rows.map((cells) => h('tr', null,
		cells.map((cell, i) => h('td', {class: columns[i][1],
		    'data-title': titleText(columns[i][0])}, cell)))))));
}

function titleText(title) {
	return typeof title === 'string' ? title : null;
}

/* [[term, value], ...] without those that have no value. */
export function facts(pairs, kind = '') {
	return h('dl', {class: `facts ${kind}`}, pairs
	    .filter(([, v]) => v !== null && v !== undefined && v !== ''
		&& v.length !== 0)
	    .map(([term, value]) => h('div', null, h('dt', null, term),
		h('dd', null, value))));
}

export function button(text, onclick, kind = '') {
	return h('button', {type: 'button', class: kind, onclick,
	    'data-focus': text}, text);
}

export function field(label, control) {
	return h('label', {class: 'field'}, h('span', null, label), control);
}

/* options: [[value, text], ...] */
export function select(name, options, value) {
	return h('select', {name}, options.map(([v, text]) =>
	    h('option', {value: v, selected: v === value}, text)));
}

/* What a list is narrowed down by: it becomes the query of the address. */
export function filterForm(page, fields) {
	return h('form', {class: 'filters', role: 'search', onsubmit: (e) => {
		e.preventDefault();
		page.setQuery(Object.fromEntries(new FormData(e.currentTarget)));
	}, onchange: (e) => {
		if (e.target.tagName === 'SELECT')
			e.currentTarget.requestSubmit();
	}}, fields.map(([label, control]) => field(label, control)),
	h('button', {class: 'primary'}, t('Show')));
}

export function input(name, value, props) {
	return h('input', {name, value: value ?? '', type: 'text',
	    autocomplete: 'off', spellcheck: 'false', ...props});
}

/* "Show more", as long as there is another page. */
export function more(next, load) {
	return next === null ? null
	    : h('p', {class: 'more'}, button(t('Show more'), load));
}

/* Done of total, as a bar with its words. */
export function progress(p) {
	if (!p)
		return null;
	const words = p.total ? `${p.done} / ${p.total}` : String(p.done);
	return h('span', {class: 'progress'},
	    p.total ? h('progress', {value: p.done, max: p.total,
		'aria-label': t('progress')}) : null,
	    h('span', {class: 'muted'}, `${words} ${p.text ?? ''}`));
}

let live;

/* Where announce() speaks from. */
export function liveRegion() {
	live = h('div', {role: 'status', class: 'toast', hidden: true});
	return live;
}

let silence;

/* Says for a while what was done, or that it was not. */
export function announce(text, isError = false) {
	live.textContent = text;
	live.className = `toast ${isError ? 'bad' : 'good'}`;
	live.hidden = false;
	clearTimeout(silence);
	silence = setTimeout(() => {
		live.hidden = true;
	}, isError ? 10000 : 4000);
}

/* Does something; says how it went. */
export async function act(what, done) {
	try {
		const answer = await what();
		announce(typeof done === 'function' ? done(answer) : done);
		return answer;
	} catch (error) {
		if (error.name !== 'AbortError')
			announce(error.message, true);
		return null;
	}
}

/*
 * Asks for what a form needs; resolves to its values, or to null when it was
 * left. The dialog keeps the focus inside and gives it back.
 */
export function ask(title, confirm, ...content) {
	return new Promise((resolve) => {
		const form = h('form', {method: 'dialog'},
		    h('h2', {id: 'dialog-title'}, title), content,
		    h('div', {class: 'actions'},
			h('button', {type: 'button', formnovalidate: true,
			    onclick: () => dialog.close('')}, t('Cancel')),
			h('button', {class: 'primary', value: 'yes'}, confirm)));
		const dialog = h('dialog', {'aria-labelledby': 'dialog-title',
		    onclose: () => {
			    resolve(dialog.returnValue === 'yes'
				? Object.fromEntries(new FormData(form)) : null);
			    dialog.remove();
		    }}, form);
		document.body.append(dialog);
		dialog.showModal();
	});
}

const icons = {
	bell: 'M8 1.5v1.5M8 3c2.6 0 4 2 4 4.3V10l1.5 2h-11L4 10V7.3C4 5 5.4 3 8 3zM6.5 13.8h3',
	runs: 'M4 2.5v11l9-5.5z',
	overview: 'M2 7.5 8 2l6 5.5V14H2zM6.5 14V9.5h3V14',
	jobs: 'M5.5 4H14M5.5 8H14M5.5 12H14M2 4h.5M2 8h.5M2 12h.5',
	timeline: 'M2 4h6M5 8h8M3 12h5M2 2v12',
	week: 'M2 4h12v10H2zM2 7.5h12M5 2v3M11 2v3',
	nodes: 'M3 2.5h10v4H3zM3 9.5h10v4H3zM5.5 4.5h.5M5.5 11.5h.5',
	queue: 'M2 4h12M2 8h9M2 12h6',
	ledger: 'M3 2h8l2 2v10H3zM5.5 6h5M5.5 9h5',
	audit: 'M8 2l5 2v4c0 3-2 5-5 6-3-1-5-3-5-6V4zM6 8l1.5 1.5L10.5 6.5',
	menu: 'M2 4h12M2 8h12M2 12h12',
	theme: 'M8 2a6 6 0 1 0 .01 0M8 2v12M10 3v10M12 4.5v7',
};

export function icon(name) {
	return s('svg', {class: 'icon', viewBox: '0 0 16 16',
	    'aria-hidden': 'true'}, s('path', {d: icons[name]}));
}
