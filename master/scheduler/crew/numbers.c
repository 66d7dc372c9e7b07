/* Metrics of the cluster. */
#include "prom.h"
#include "scheduler/crew/internal.h"

void
crew_add_metrics(const struct master *m, struct strbuf *b)
{
	const struct crew *crew = m->crew;
	unsigned n = cluster_server_count(crew->cluster);
	struct cluster_server s;

	prom_one(b, "belfry_cluster_joined", "gauge",
	    "1 while this host may claim slots.",
	    crew->joined && cluster_is_reachable(crew->cluster));
	prom_one(b, "belfry_cluster_nodes", "gauge",
	    "Live hosts, as this one sees them.", (double)crew->nhosts);
	prom_one(b, "belfry_cluster_clock_skew_seconds", "gauge",
	    "The clock of Redis less this host's.",
	    (double)cluster_skew_ms(crew->cluster) / 1000);
	prom_family(
	    b, "belfry_redis_up", "gauge", "1 while the server can be asked.");
	for (unsigned i = 0; i < n; i++) {
		cluster_server(crew->cluster, i, &s);
		prom_sample(b, "belfry_redis_up", "server", s.url,
		    s.state == CLUSTER_SERVER_OK ||
			s.state == CLUSTER_SERVER_SETTLING);
	}
	prom_family(b, "belfry_redis_latency_seconds", "gauge",
	    "Of the last round trip.");
	for (unsigned i = 0; i < n; i++) {
		cluster_server(crew->cluster, i, &s);
		if (s.latency_us >= 0)
			prom_sample(b, "belfry_redis_latency_seconds", "server",
			    s.url, (double)s.latency_us / 1e6);
	}
}
