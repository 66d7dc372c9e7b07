/* The frame around the pages, and the way from one to the next. */
import {h, forgetFocus, keepFocus, restoreFocus} from './lib/dom.js';
import {Page} from './lib/page.js';
import {address} from './lib/api.js';
import {t, chooseLanguage, currentLanguage, setLanguage} from './lib/i18n.js';
import {icon, liveRegion} from './lib/parts.js';
import {tick} from './lib/format.js';
import {startEvents, stopEvents} from './lib/events.js';
import {canLeave, leave, loginForm, whoAmI} from './lib/session.js';
import overview from './pages/overview.js';
import jobs from './pages/jobs.js';
import job from './pages/job.js';
import run from './pages/run.js';
import runs from './pages/runs.js';
import ledger from './pages/ledger.js';
import nodes from './pages/nodes.js';
import queue from './pages/queue.js';
import timeline from './pages/timeline.js';
import week from './pages/week.js';
import audit from './pages/audit.js';
import missing from './pages/missing.js';

const routes = [
	[/^\/$/, overview],
	[/^\/jobs$/, jobs],
	[/^\/jobs\/([^/]+)$/, job],
	[/^\/runs$/, runs],
	[/^\/runs\/([^/]+)$/, run],
	[/^\/timeline$/, timeline],
	[/^\/week$/, week],
	[/^\/queue$/, queue],
	[/^\/nodes$/, nodes],
	[/^\/ledger$/, ledger],
	[/^\/audit$/, audit],
];

const menu = () => [
	['/', 'overview', t('Overview')],
	['/jobs', 'jobs', t('Jobs')],
	['/runs', 'runs', t('Runs')],
	['/timeline', 'timeline', t('Timeline')],
	['/week', 'week', t('Week')],
	['/ledger', 'ledger', t('Ledger')],
	['/queue', 'queue', t('Queue')],
	['/nodes', 'nodes', t('Nodes')],
	['/audit', 'audit', t('Audit')],
];

let page = null;
let person = null;
let main;
let links;

function find(path) {
	for (const [pattern, show] of routes) {
		const found = pattern.exec(path);
		if (found !== null)
			return [show, found.slice(1).map(decodeURIComponent)];
	}
	return [missing, [path]];
}

/* Shows what the address says. */
function show() {
	const [open, params] = find(location.pathname);
	const query = Object.fromEntries(new URLSearchParams(location.search));

	page?.end();
	page = new Page(main, {params, query, go});
	for (const link of links.querySelectorAll('a'))
		if (isWithin(link.getAttribute('href')))
			link.setAttribute('aria-current', 'page');
		else
			link.removeAttribute('aria-current');
	document.body.classList.remove('menu-open');
	open(page);
}

function isWithin(href) {
	return href === '/' ? location.pathname === '/'
	    : `${location.pathname}/`.startsWith(`${href}/`);
}

/* To another page; a change of the query alone is no step to go back to. */
function go(path, query, replace = false) {
	const to = address(path, query);
	if (replace)
		history.replaceState(null, '', to);
	else
		history.pushState(null, '', to);
	if (replace) {
		keepFocus();
		show();
		restoreFocus(main);
	} else {
		forgetFocus();
		scrollTo(0, 0);
		show();
		page.focus();
	}
}

/* Links within the dashboard do not load it anew. */
function followLink(event) {
	const a = event.target.closest?.('a[href]');
	if (!a || event.defaultPrevented || event.button !== 0 || event.metaKey
	    || event.ctrlKey || event.shiftKey || event.altKey
	    || a.getAttribute('target') || a.getAttribute('download') !== null)
		return;
	const to = a.getAttribute('href') ?? a.href?.baseVal;
	if (!to.startsWith('/') || to.startsWith('/v1/'))
		return;
	event.preventDefault();
	if (page === null)
		return;
	const url = new URL(to, location.origin);
	go(url.pathname, Object.fromEntries(url.searchParams));
}

function changeTheme() {
	const root = document.documentElement;
	root.dataset.theme = root.dataset.theme === 'dark' ? 'light' : 'dark';
	try {
		localStorage.setItem('theme', root.dataset.theme);
	} catch {
		/* For this page only. */
	}
}

function changeLanguage() {
	setLanguage(currentLanguage() === 'zh' ? 'en' : 'zh');
	build();
	if (page === null)
		loginForm(main, start);
	else
		show();
}

function skip(event) {
	event.preventDefault();
	main.focus();
}

/* Who one is, and the way out. */
function identity() {
	if (person === null)
		return null;
	return [h('span', {class: 'where', title: person.from}, person.who,
	    ' · ', t(person.role)), canLeave(person)
		? h('button', {type: 'button', class: 'plain', onclick: async () => {
			await leave();
			askLogin();
		}}, t('Log out')) : null];
}

function head() {
	return h('header', {class: 'bar'},
	    h('button', {type: 'button', class: 'plain menu', 'aria-label':
		t('Menu'), onclick: () =>
		    document.body.classList.toggle('menu-open')}, icon('menu')),
	    h('a', {href: '/', class: 'brand'}, icon('bell'), 'belfry'),
	    h('span', {class: 'grow'}), identity(),
	    h('button', {type: 'button', class: 'plain', onclick:
		changeLanguage, lang: currentLanguage() === 'zh' ? 'en' : 'zh-CN'},
		currentLanguage() === 'zh' ? 'English' : '中文'),
	    h('button', {type: 'button', class: 'plain', 'aria-label':
		t('Dark or light'), onclick: changeTheme}, icon('theme')));
}

function build() {
	main = h('main', {id: 'main', tabindex: '-1'});
	links = h('nav', {'aria-label': t('Pages')}, h('ul', null,
	    menu().map(([href, name, text]) => h('li', null,
		h('a', {href}, icon(name), text)))));
	document.body.replaceChildren(
	    h('a', {href: '#main', class: 'skip', onclick: skip},
		t('Skip to the content')),
	    head(), links, main, liveRegion());
}

/* "/" is for searching, where there is something to search. */
function shortcut(event) {
	if (event.key !== '/' || event.ctrlKey || event.metaKey
	    || event.target.closest('input, select, textarea, dialog'))
		return;
	const search = document.querySelector('input[type=search]');
	if (search === null)
		return;
	event.preventDefault();
	search.focus();
}

/* Nobody sees anything: the form is where the page was. */
function askLogin() {
	if (person === null && page === null && main.hasChildNodes())
		return;
	person = null;
	page?.end();
	page = null;
	stopEvents();
	build();
	loginForm(main, start);
}

async function start() {
	try {
		person = await whoAmI();
	} catch {
		/* The pages say what is wrong, and try again. */
		person = null;
		show();
		startEvents();
		return;
	}
	if (person === null) {
		askLogin();
		return;
	}
	document.body.dataset.role = person.role;
	build();
	show();
	startEvents();
}

chooseLanguage();
build();
document.addEventListener('click', followLink);
document.addEventListener('keydown', shortcut);
document.addEventListener('logged-out', askLogin);
addEventListener('popstate', () => page !== null && show());
setInterval(() => tick(document), 1000);
start();
