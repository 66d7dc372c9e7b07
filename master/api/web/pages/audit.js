/* Who changed what by hand. */
import {h} from '../lib/dom.js';
import {t} from '../lib/i18n.js';
import {when} from '../lib/format.js';
import {empty, filterForm, input, jobLink, runLink, select, table}
    from '../lib/parts.js';
import {PagedList} from '../lib/list.js';

const actions = ['run', 'kill', 'pause', 'resume', 'pause-all', 'resume-all',
	'reload', 'drain', 'upgrade'];
const ofJobs = ['run', 'pause', 'resume'];

function object(row) {
	if (row.object === null)
		return t('the daemon');
	if (ofJobs.includes(row.action))
		return jobLink(row.object);
	return row.action === 'kill' ? runLink(row.object) : row.object;
}

/* A value in few characters: a text as it is, else its members. */
function valueText(value) {
	if (value === null || typeof value !== 'object')
		return value === null ? '' : String(value);
	return Object.entries(value).filter(([, v]) => v !== null)
	    .map(([k, v]) => `${k} ${typeof v === 'string' ? v
		: JSON.stringify(v)}`).join(', ');
}

function change(row) {
	const before = valueText(row.before), after = valueText(row.after);
	return h('span', {class: 'why'}, before,
	    before !== '' && after !== '' ? ' → ' : '', after);
}

function rowsTable(rows) {
	return table(t('Audit'), [[t('Time')], [t('Who'), 'main'], [t('From')],
	    [t('Action')], [t('On')], [t('Change')], [t('Host')]],
	    rows.map((r) => [when(r.time), r.who, r.from,
		h('span', {class: 'code'}, r.action), object(r), change(r),
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
