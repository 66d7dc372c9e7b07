/* Who one is to the daemon, and how to become somebody. */
import {h} from './dom.js';
import {get, post, remove} from './api.js';
import {t} from './i18n.js';
import {field} from './parts.js';

/* {who, role, from}; null when one is nobody. */
export async function whoAmI() {
	try {
		return await get('/v1/session');
	} catch (error) {
		if (error.status === 401 || error.status === 403)
			return null;
		throw error;
	}
}

/* Only a session that began with a token can end. */
export function canLeave(person) {
	return person.who.startsWith('token ');
}

export function leave() {
	return remove('/v1/session');
}

/* In place of the page; enter() when it was good. */
export function loginForm(main, enter) {
	const problem = h('p', {class: 'banner', role: 'alert', hidden: true});
	const token = h('input', {name: 'token', type: 'password',
	    required: true, autocomplete: 'current-password'});
	const form = h('form', {class: 'card login', onsubmit: async (e) => {
		e.preventDefault();
		try {
			await post('/v1/session', {token: token.value.trim()});
		} catch (error) {
			problem.hidden = false;
			problem.textContent = error.message;
			token.select();
			return;
		}
		enter();
	}}, h('h1', null, t('Log in')), problem, field(t('Token'), token),
	h('button', {class: 'primary'}, t('Log in')),
	h('p', {class: 'muted'}, t('An administrator makes one with '
	    + '“belfry token”.')));
	document.title = `${t('Log in')} · belfry`;
	main.replaceChildren(form);
	token.focus();
}
