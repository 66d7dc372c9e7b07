/*
 * Words. The code says them in English, which is the key of the others'
 * dictionaries: t('{n} runs', {n: 3}).
 */
import zh from '../lang/zh.js';

const dictionaries = {en: {}, zh};
let language = 'en';

function stored() {
	try {
		return localStorage.getItem('language');
	} catch {
		return null;
	}
}

export function chooseLanguage() {
	const wanted = [stored(), ...navigator.languages ?? []];
	const found = wanted.map((w) => w?.slice(0, 2))
	    .find((w) => w in dictionaries);
	language = found ?? 'en';
	document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
}

export function currentLanguage() {
	return language;
}

export function setLanguage(name) {
	try {
		localStorage.setItem('language', name);
	} catch {
		/* For this page only. */
	}
	language = name;
	document.documentElement.lang = name === 'zh' ? 'zh-CN' : 'en';
}

export function t(text, values) {
	const found = dictionaries[language][text] ?? text;
	return values === undefined ? found
	    : found.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

/* One of two forms, by number. */
export function tn(one, many, n) {
	return t(n === 1 ? one : many, {n: n.toLocaleString(language)});
}
