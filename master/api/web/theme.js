/*
 * Before anything is painted: the colours that somebody chose here last time,
 * or else the system's, also when those change.
 */
'use strict';
const system = matchMedia('(prefers-color-scheme: dark)');
function useTheme() {
	let theme = null;
	try {
		theme = localStorage.getItem('theme');
	} catch {
		/* Storage is switched off: the system's colours. */
	}
	if (theme !== 'dark' && theme !== 'light')
		theme = system.matches ? 'dark' : 'light';
	document.documentElement.dataset.theme = theme;
}
useTheme();
system.addEventListener('change', useTheme);
