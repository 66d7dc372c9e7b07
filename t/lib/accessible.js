/*
 * What of a page people with other eyes, or none, would stumble over: a list
 * of texts. After the rules of WCAG 2.1 that a program can check: names,
 * contrast, headings, tables, identifiers. Run in the browser by t/web.
 */
const found = [];

function say(el, what) {
	const text = (el.innerText ?? el.textContent).trim().slice(0, 30);
	found.push(`${what}: <${el.tagName.toLowerCase()} class="`
	    + `${el.getAttribute('class') ?? ''}"> ${text}`);
}

function isVisible(el) {
	return el.checkVisibility({visibilityProperty: true})
	    && el.getClientRects().length > 0 && !el.closest('.hidden');
}

function nameOf(el) {
	const labels = [...el.labels ?? []].map((l) => l.innerText).join(' ');
	return (el.getAttribute('aria-label') ?? '').trim() || labels.trim()
	    || (el.textContent ?? '').trim();
}

/* 1.3.1, 4.1.2: whatever can be used has a name. */
for (const el of document.querySelectorAll(
    'a[href], button, input, select, textarea, [role=img], [role=log], nav'))
	if (isVisible(el) && nameOf(el) === '')
		say(el, 'no name');
for (const el of document.querySelectorAll('table'))
	if (!el.caption?.textContent.trim() || !el.querySelector('th[scope]'))
		say(el, 'no caption or no headers');
for (const el of document.querySelectorAll('dialog'))
	if (!document.getElementById(el.getAttribute('aria-labelledby')))
		say(el, 'no name');

/* 2.4.1, 2.4.2, 3.1.1 and one heading of the first level. */
if (document.querySelectorAll('h1').length !== 1)
	found.push('not one h1');
if (!document.title || !document.documentElement.lang)
	found.push('no title or no language');
for (const landmark of ['header', 'nav[aria-label]', 'main', '[role=status]'])
	if (!document.querySelector(landmark))
		found.push(`no ${landmark}`);

const ids = [...document.querySelectorAll('[id]')].map((el) => el.id);
if (new Set(ids).size !== ids.length)
	found.push('an id is there twice');

/* 1.4.3: contrast of text with what is behind it. */
const canvas = document.createElement('canvas').getContext('2d',
    {willReadFrequently: true});

/* Any CSS colour as [red, green, blue, alpha]. */
function rgba(text) {
	canvas.clearRect(0, 0, 1, 1);
	canvas.fillStyle = text;
	canvas.fillRect(0, 0, 1, 1);
	const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
	return [r, g, b, a / 255];
}

function over(top, below) {
	return [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]))
	    .concat(1);
}

function ground(el) {
	const layers = [];
	for (let e = el; e !== null; e = e.parentElement)
		layers.push(rgba(getComputedStyle(e).backgroundColor));
	return layers.reverse().reduce((below, top) => over(top, below),
	    [255, 255, 255, 1]);
}

function light([r, g, b]) {
	const [x, y, z] = [r, g, b].map((v) => v / 255).map((v) =>
	    v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
	return 0.2126 * x + 0.7152 * y + 0.0722 * z;
}

function contrast(a, b) {
	const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
	return (x + 0.05) / (y + 0.05);
}

function checkContrast(el) {
	const style = getComputedStyle(el);
	const size = parseFloat(style.fontSize);
	const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
	const behind = ground(el);
	const colour = el.namespaceURI.endsWith('svg') ? style.fill : style.color;
	const c = contrast(over(rgba(colour), behind), behind);
	if (c < (large ? 3 : 4.5))
		say(el, `contrast ${c.toFixed(2)}`);
}

const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const seen = new Set();
while (walk.nextNode()) {
	const el = walk.currentNode.parentElement;
	if (walk.currentNode.data.trim() === '' || seen.has(el) || !isVisible(el)
	    || el.closest('title, option, defs'))
		continue;
	seen.add(el);
	checkContrast(el);
}

/* 1.4.10: nothing to scroll sideways for. */
if (document.documentElement.scrollWidth > innerWidth)
	found.push(`wider than the window: ${document.documentElement.scrollWidth}`);

return found;
