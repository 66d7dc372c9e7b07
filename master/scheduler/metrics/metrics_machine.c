/* Metrics of the daemon's processes, from proc(5). */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "scheduler/master.h"
#include "scheduler/metrics/metrics.h"

struct process_use {
	char name[32]; /* "master", "launcher-1" */
	double rss_bytes;
	double cpu_seconds;
	uint32_t restarts;
};

/* Text of /proc/PID/NAME; false: it is gone. */
static bool
read_proc(uint32_t pid, const char *name, char *buf, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return false;
	n = read(fd, buf, size - 1);
	fd_close(&fd);
	buf[n > 0 ? n : 0] = '\0';
	return n > 0;
}

static bool
look(uint32_t pid, struct process_use *use)
{
	unsigned long long user, system;
	char text[1024], *p;
	long pages;

	if (!read_proc(pid, "statm", text, sizeof(text)) ||
	    sscanf(text, "%*d %ld", &pages) != 1)
		return false;
	use->rss_bytes = (double)pages * (double)sysconf(_SC_PAGESIZE);
	/* Behind the name, which may hold anything: utime is field 14. */
	if (!read_proc(pid, "stat", text, sizeof(text)) ||
	    (p = strrchr(text, ')')) == NULL ||
	    sscanf(p + 1,
		"%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %llu", &user,
		&system) != 2)
		return false;
	use->cpu_seconds =
	    (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
	return true;
}

static size_t
look_at_all(const struct master *m, struct process_use uses[PROCESSES_MAX + 1])
{
	size_t n = 0;

	for (unsigned i = 0; i < m->nprocesses; i++) {
		const struct process_info *p = &m->processes[i];

		snprintf(uses[n].name, sizeof(uses[n].name), "%s",
		    role_name(p->role));
		if (p->role == ROLE_LAUNCHER)
			snprintf(uses[n].name, sizeof(uses[n].name),
			    "launcher-%u", p->index);
		uses[n].restarts = p->restarts;
		n += look(p->pid, &uses[n]);
	}
	snprintf(uses[n].name, sizeof(uses[n].name), "guardian");
	uses[n].restarts = 0;
	n += look((uint32_t)m->guardian_pid, &uses[n]);
	return n;
}

void
metrics_add_processes(const struct master *m, struct strbuf *b)
{
	struct process_use uses[PROCESSES_MAX + 1];
	size_t n = look_at_all(m, uses);

	prom_family(b, "belfry_process_resident_memory_bytes", "gauge",
	    "Memory of the daemon's processes.");
	for (size_t i = 0; i < n; i++)
		prom_sample(b, "belfry_process_resident_memory_bytes",
		    "process", uses[i].name, uses[i].rss_bytes);
	prom_family(b, "belfry_process_cpu_seconds_total", "counter",
	    "Processor time of the daemon's processes.");
	for (size_t i = 0; i < n; i++)
		prom_sample(b, "belfry_process_cpu_seconds_total", "process",
		    uses[i].name, uses[i].cpu_seconds);
	prom_family(b, "belfry_process_restarts_total", "counter",
	    "How often a process had to be started again.");
	for (size_t i = 0; i < n; i++)
		prom_sample(b, "belfry_process_restarts_total", "process",
		    uses[i].name, uses[i].restarts);
}
