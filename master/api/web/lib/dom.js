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

/* What names the focused element when it is made anew. */
function focusKey(el) {
	return el.id ? `#${el.id}`
	    : el.getAttribute('href') ?? el.dataset.focus ?? null;
}

/* New content, in which what had the focus has it again. */
export function swap(el, ...children) {
	const focused = el.contains(document.activeElement)
	    ? focusKey(document.activeElement) : null;
	el.replaceChildren();
	addAll(el, children);
	if (focused === null)
		return;
	for (const candidate of el.querySelectorAll('[id],[href],[data-focus]'))
		if (focusKey(candidate) === focused) {
			candidate.focus({preventScroll: true});
			return;
		}
}

/* Is somebody about to copy some of it? */
export function isSelected(el) {
	const selection = document.getSelection();
	return selection !== null && !selection.isCollapsed
	    && el.contains(selection.anchorNode);
}
