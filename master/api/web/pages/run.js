/* A run: what became of it, its attempts, and its output as it comes. */
import {h} from '../lib/dom.js';
import {get, segment} from '../lib/api.js';
import {t} from '../lib/i18n.js';
import {bytes, duration, relative, since, when} from '../lib/format.js';
import {badge, reasonOf} from '../lib/outcome.js';
import {button, facts, isJob, jobLink, runLink, section, table}
    from '../lib/parts.js';
import {askRun, killRun} from '../lib/actions.js';
import {showOutput} from './output.js';

function dataFacts(title, data) {
	if (!data || Object.keys(data).length === 0)
		return null;
	return section(title, null, facts(Object.entries(data).map(([k, v]) =>
	    [k, typeof v === 'string' ? v : JSON.stringify(v)])));
}

function summary(run) {
	const why = reasonOf(run);
	return facts([
		[t('Job'), jobLink(run.job)],
		[t('Outcome'), badge(run.outcome)],
		[t('Why'), why],
		[t('Exit code'), run.exit_code === null ? null : run.exit_code],
		[t('Signal'), run.signal],
		[t('Slot'), when(run.slot)],
		[t('Started'), run.started ? [when(run.started), ' ',
		    h('span', {class: 'muted'}, relative(run.started))]
		    : t('not yet')],
		[t('Duration'), run.outcome === null ? since(run.started)
		    : duration(run.duration_ms)],
		[t('Late by'), run.lateness_ms === null ? null
		    : duration(run.lateness_ms)],
		[t('Attempt'), run.attempt],
		[t('Trigger'), t(run.trigger)],
		[t('Host'), run.host],
		[t('CPU time'), run.cpu_ms === null ? null
		    : duration(run.cpu_ms)],
		[t('Memory'), run.max_rss_kb === null ? null
		    : bytes(run.max_rss_kb * 1024)],
		[t('Output'), run.output_bytes === null ? null
		    : bytes(run.output_bytes)],
		[t('Rows'), run.rows],
		[t('Fence'), String(run.fence)],
		[t('Run'), h('span', {class: 'code'}, run.id)],
	]);
}

/* The runs of its chain: retries, and what came after. */
function family(run, rows) {
	if (rows.length < 2)
		return null;
	return section(t('The same chain'), null, table(t('The same chain'),
	    [[t('Job'), 'main'], [t('Run')], [t('Attempt'), 'number'], [t('Trigger')],
		[t('Outcome')], [t('Started')], [t('Duration'), 'number']],
	    rows.map((r) => [jobLink(r.job), r.id === run.id ? t('this one')
		: runLink(r.id), r.attempt, t(r.trigger), badge(r.outcome),
		when(r.started), duration(r.duration_ms)])));
}

function setActions(page, run) {
	const again = !isJob(run.job) ? null : button(t('Run again'), () =>
	    askRun(run.job, (answer) => page.go(`/runs/${segment(answer.run)}`)),
	    run.outcome === null ? '' : 'primary');
	const kill = run.outcome !== null ? null : button(t('Kill'), () =>
	    killRun(run.id, run.job, () => {}), 'danger');
	page.show(page.actions, [run.outcome === null], again, kill);
}

export default function showRun(page) {
	const path = `/v1/runs/${segment(page.params[0])}`;
	const top = h('div'), kin = h('div'), params = h('div');
	const output = h('div');
	let ended = false, job;

	page.title(t('Run'));
	page.body.append(h('div', {class: 'split'}, h('div', null,
	    section(t('What became of it'), null, top), params), output), kin);
	page.every(1500, async () => {
		if (ended)
			return;
		const run = await get(path, null, page.signal);
		job = run.job;
		page.title(job, ' ', badge(run.outcome));
		page.show(top, run, () => summary(run));
		page.show(params, [run.params, run.results], () =>
		    [dataFacts(t('Parameters'), run.params),
			dataFacts(t('Results'), run.results)]);
		setActions(page, run);
		if (!output.hasChildNodes())
			showOutput(page, output, run);
		const rows = await get('/v1/runs', {chain: run.chain, limit: 50},
		    page.signal);
		page.show(kin, rows, () => family(run, rows));
		ended = run.outcome !== null;
	}, (kind, data) => kind === 'run' && data.job === job);
}
