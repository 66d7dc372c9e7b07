/*
 * Elements. Text always becomes a text node; nothing here or elsewhere reads
 * markup from a string.
 */
const SVG = 'http://www.w3.org/2000/svg';

function setAll(el, props) {
	for (const [key, value] of Object.entries(props ?? {})) {
		if (value === null || value === undefined || value === false)
			continue;
		if (key.startsWith('on'))
			el.addEventListener(key.slice(2), value);
		else
			el.setAttribute(key, value === true ? '' : value);
	}
}

function addAll(el, children) {
	for (const child of children.flat(Infinity))
		if (child !== null && child !== undefined && child !== false)
			el.append(child);
	return el;
}

/* h('a', {href: '/', onclick: f}, 'text', [more]) */
export function h(tag, props, ...children) {
	const el = document.createElement(tag);
	setAll(el, props);
	return addAll(el, children);
}

/* The same in SVG. */
export function s(tag, props, ...children) {
	const el = document.createElementNS(SVG, tag);
	setAll(el, props);
	return addAll(el, children);
}

/* What names an element that is made anew. */
function focusKey(el) {
	return el.id ? `#${el.id}` : el.getAttribute('name')
	    ?? el.getAttribute('href') ?? el.dataset.focus ?? null;
}

let wanted = null;

/* What has the focus now shall have it when it is made anew. */
export function keepFocus() {
	wanted = focusKey(document.activeElement);
}

export function forgetFocus() {
	wanted = null;
}

export function restoreFocus(el) {
	if (wanted === null || document.activeElement !== document.body)
		return;
	for (const candidate of
	    el.querySelectorAll('[id], [name], [href], [data-focus]'))
		if (focusKey(candidate) === wanted) {
			candidate.focus({preventScroll: true});
			return;
		}
}

/* New content, in which what had the focus has it again. */
export function swap(el, ...children) {
	if (el.contains(document.activeElement))
		keepFocus();
	el.replaceChildren();
	addAll(el, children);
	restoreFocus(el);
}

/* Is somebody about to copy some of it? */
export function isSelected(el) {
	const selection = document.getSelection();
	return selection !== null && !selection.isCollapsed
	    && el.contains(selection.anchorNode);
}
