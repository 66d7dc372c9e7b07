/* An address that nothing is at. */
import {h} from '../lib/dom.js';
import {t} from '../lib/i18n.js';

export default function missing(page) {
	page.title(t('Not found'));
	page.body.append(h('p', null, t('There is no page {path}.',
	    {path: page.params[0]})), h('p', null,
	    h('a', {href: '/'}, t('Go to the overview'))));
}
