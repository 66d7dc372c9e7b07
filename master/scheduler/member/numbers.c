/* Metrics of the cluster. */
#include "prom.h"
#include "scheduler/member/internal.h"

void
member_add_metrics(const struct master *m, struct strbuf *b)
{
	const struct member *member = m->member;
	unsigned n = cluster_server_count(member->cluster);
	struct cluster_server s;

	prom_one(b, "belfry_cluster_joined", "gauge",
	    "1 while this host may claim slots.",
	    member->joined && cluster_is_reachable(member->cluster));
	prom_one(b, "belfry_cluster_nodes", "gauge",
	    "Live hosts, as this one sees them.", (double)member->nhosts);
	prom_one(b, "belfry_cluster_clock_skew_seconds", "gauge",
	    "The clock of Redis less this host's.",
	    (double)cluster_skew_ms(member->cluster) / 1000);
	prom_family(
	    b, "belfry_redis_up", "gauge", "1 while the server can be asked.");
	for (unsigned i = 0; i < n; i++) {
		cluster_server(member->cluster, i, &s);
		prom_sample(b, "belfry_redis_up", "server", s.url,
		    s.state == CLUSTER_SERVER_OK ||
			s.state == CLUSTER_SERVER_SETTLING);
	}
	prom_family(b, "belfry_redis_latency_seconds", "gauge",
	    "Of the last round trip.");
	for (unsigned i = 0; i < n; i++) {
		cluster_server(member->cluster, i, &s);
		if (s.latency_us >= 0)
			prom_sample(b, "belfry_redis_latency_seconds", "server",
			    s.url, (double)s.latency_us / 1e6);
	}
}
