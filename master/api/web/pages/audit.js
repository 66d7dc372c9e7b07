/* Who changed what by hand. */
import {h} from '../lib/dom.js';
import {t} from '../lib/i18n.js';
import {when} from '../lib/format.js';
import {empty, filterForm, input, jobLink, runLink, select, table}
    from '../lib/parts.js';
import {PagedList} from '../lib/list.js';

const actions = ['run', 'kill', 'pause', 'resume', 'pause-all', 'resume-all',
	'submit', 'cancel', 'notify-test', 'crontab-install', 'crontab-remove',
	'login', 'logout', 'token-add', 'token-revoke', 'token-change', 'reload',
	'drain', 'upgrade'];
const ofJobs = ['run', 'pause', 'resume'];

function object(row) {
	if (row.object === null)
		return t('the daemon');
	if (ofJobs.includes(row.action))
		return jobLink(row.object);
	return row.action === 'kill' ? runLink(row.object) : row.object;
}

/* What says nothing: none of it, or nobody. */
function isEmpty(value) {
	return value === null || value === '' || value === false
	    || (Array.isArray(value) && value.length === 0);
}

function plain(value) {
	if (typeof value === 'string')
		return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)
		    ? when(value) : value;
	return Array.isArray(value) ? value.join(', ') : JSON.stringify(value);
}

/* A value in few words: a text as it is, else its members but for who. */
function words(value, who) {
	if (typeof value !== 'object')
		return String(value);
	return Object.entries(value).filter(([key, v]) => !isEmpty(v)
	    && !(key === 'who' && v === who))
	    .map(([key, v], i) => [i > 0 ? ', ' : '',
		h('span', {class: 'muted'}, `${key} `),
		key === 'run' ? runLink(v) : plain(v)]);
}

function change(row) {
	const line = (name, value) => isEmpty(value) ? null : h('div',
	    {class: 'why'}, h('span', {class: 'muted'}, name, ': '),
	    words(value, row.who));
	return [line(t('was'), row.before), line(t('became'), row.after)];
}

function rowsTable(rows) {
	return table(t('Audit'), [[t('Time')], [t('Who'), 'main'], [t('From')],
	    [t('Action')], [t('On')], [t('Change')], [t('Host')]],
	    rows.map((r) => [when(r.time), r.who, r.from,
		h('span', {class: 'code times'}, r.action), object(r), change(r),
		r.host]));
}

export default function audit(page) {
	const {who, action, object: on} = page.query;
	const list = new PagedList(page, '/v1/audit', {who, action, object: on,
	    limit: 50}, (rows) => rows.length > 0 ? rowsTable(rows)
		: empty(t('Nobody changed anything.')));

	page.title(t('Audit'));
	page.body.append(h('p', {class: 'lead'}, t('Who changed what by hand, '
	    + 'from where, and how it was before.')), filterForm(page, [
		[t('Who'), input('who', who, {type: 'search'})],
		[t('Action'), select('action', [['', t('all')],
		    ...actions.map((a) => [a, a])], action ?? '')],
		[t('Job or run'), input('object', on)],
	]), h('section', {class: 'card'}, list.element));
	list.keep(5000);
}
