/*
 * Before anything is painted: the colours that somebody chose here last time.
 * Without a choice the system's are used.
 */
'use strict';
try {
	const theme = localStorage.getItem('theme');
	if (theme === 'dark' || theme === 'light')
		document.documentElement.dataset.theme = theme;
} catch {
	/* Storage is switched off: the system's colours. */
}
