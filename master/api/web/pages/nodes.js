/* The hosts of the cluster, and what this one is made of. */
import {h} from '../lib/dom.js';
import {get} from '../lib/api.js';
import {t} from '../lib/i18n.js';
import {duration, number, relative} from '../lib/format.js';
import {facts, section, table} from '../lib/parts.js';
import {never} from '../lib/refresh.js';

const good = ['alive', 'alone'];

function state(node) {
	const look = good.includes(node.state) ? 'good'
	    : node.state === 'lost' ? 'bad' : 'warn';
	return h('span', {class: `badge ${look}`}, t(node.state));
}

/* What would make hosts disagree. */
function remarks(node) {
	return [
		node.self ? t('this host') : null,
		node.jobs_differ ? t('its job files differ') : null,
		node.tzdata_differ ? t('its time zones differ') : null,
		Math.abs(node.clock_skew_ms ?? 0) > 500
		    ? t('its clock is off by {span}',
			{span: duration(node.clock_skew_ms)}) : null,
	].filter((x) => x !== null).join(', ');
}

function hosts(nodes) {
	return table(t('Hosts'), [[t('Host')], [t('State')],
	    [t('Running'), 'number'], [t('Capacity'), 'number'], [t('Tags')],
	    [t('Heard'), 'number'], [t('Version')], [t('Remarks')]],
	    nodes.map((n) => [n.node, state(n), number(n.running),
		n.capacity ? number(n.capacity) : '–', n.tags.join(' ') || '–',
		n.heard_ms ? t('{span} ago', {span: duration(n.heard_ms)})
		    : t('now'), n.version ?? '', remarks(n)]));
}

function servers(cluster) {
	if (cluster === null)
		return null;
	return section(t('Cluster {name}', {name: cluster.name}),
	    h('span', {class: 'muted'}, t(cluster.state)), table(t('Servers'),
		[[t('Server')], [t('State')], [t('Role')], [t('Version')],
		    [t('Latency'), 'number'], [t('Why')]],
		cluster.servers.map((s) => [h('span', {class: 'code'}, s.url),
		    t(s.state), s.role, s.version,
		    duration(s.latency_us / 1000), s.why])));
}

function daemon(status) {
	return section(t('This daemon'), null, facts([
		[t('Version'), status.version],
		[t('Host'), status.node],
		[t('State'), t(status.state)],
		[t('Up since'), relative(status.started)],
		[t('Store'), `${status.store.type} ${status.store.path ?? ''}`],
		[t('Records not yet stored'), number(status.store.unconfirmed)],
	]), table(t('Processes'), [[t('Process')], [t('Pid'), 'number'],
	    [t('Restarts'), 'number']], status.processes.map((p) =>
		[p.index > 0 ? `${p.role} ${p.index}` : p.role, p.pid,
		    p.restarts])));
}

export default function nodes(page) {
	const list = h('div'), own = h('div'), redis = h('div');

	page.title(t('Nodes'));
	page.body.append(h('section', {class: 'card'}, list), redis, own);
	page.every(3000, async () => {
		const rows = await get('/v1/nodes', null, page.signal);
		page.show(list, rows, () => hosts(rows));
		const status = await get('/v1/status', null, page.signal);
		page.show(redis, status.cluster, () => servers(status.cluster));
		page.show(own, [status.processes, status.store, status.started],
		    () => daemon(status));
	}, never);
}
