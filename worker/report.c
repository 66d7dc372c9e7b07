#include "report.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

#define RETRY_MIN_US 50000
#define RETRY_MAX_US 1000000

void
report_init(struct report *report, int fd, const char *socket, const char *run)
{
	memset(report, 0, sizeof(*report));
	report->fd = fd;
	report->socket = socket;
	report->run = run;
}

static void
put_started(const struct report *report, struct wire_writer *w)
{
	wire_put_str(w, report->run);
	wire_put_i64(w, report->started_us);
	wire_put_u32(w, (uint32_t)report->pid);
}

static void
add(struct packet *packet, uint16_t type, struct wire_writer *w)
{
	packet_add(packet, type, 0, w->p, w->len, -1);
	wire_writer_reset(w);
}

/* Sends and frees what is in the packet. */
static bool
send_packet(struct report *report, struct packet *packet, struct wire_writer *w)
{
	bool sent = report->fd != -1 && packet_send(report->fd, packet) == 0;

	wire_writer_fini(w);
	packet_free(packet);
	return sent;
}

void
report_started(struct report *report)
{
	struct packet *packet;
	struct wire_writer w = WIRE_WRITER_INIT;

	if (report->told_started)
		return;
	report->told_started = true;
	packet = packet_new();
	put_started(report, &w);
	add(packet, MSG_RUN_STARTED, &w);
	send_packet(report, packet, &w);
}

void
report_progress(
    struct report *report, int64_t done, int64_t total, const char *text)
{
	struct packet *packet = packet_new();
	struct wire_writer w = WIRE_WRITER_INIT;

	wire_put_str(&w, report->run);
	wire_put_i64(&w, done);
	wire_put_i64(&w, total);
	wire_put_str(&w, text);
	add(packet, MSG_RUN_PROGRESS, &w);
	send_packet(report, packet, &w);
}

bool
report_done(struct report *report, const struct run_result *result)
{
	struct packet *packet = packet_new();
	struct wire_writer w = WIRE_WRITER_INIT;

	if (!report->told_started && result->started_us != 0) {
		put_started(report, &w);
		add(packet, MSG_RUN_STARTED, &w);
	}
	report->told_started = true;
	wire_put_str(&w, report->run);
	run_result_encode(result, &w);
	add(packet, MSG_RUN_DONE, &w);
	return send_packet(report, packet, &w);
}

void
report_lost(struct report *report, int64_t now_us)
{
	fd_close(&report->fd);
	report->wait_us = RETRY_MIN_US;
	report->retry_us = now_us + report->wait_us;
}

static int
connect_master(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path))
		return -1;
	memcpy(sun.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	if (connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == -1)
		fd_close(&fd);
	return fd;
}

static bool
say_hello(struct report *report)
{
	struct packet *packet = packet_new();
	struct wire_writer w = WIRE_WRITER_INIT;

	put_started(report, &w);
	add(packet, MSG_RUN_HELLO, &w);
	return send_packet(report, packet, &w);
}

void
report_retry(struct report *report, int64_t now_us)
{
	if (report->fd != -1 || now_us < report->retry_us)
		return;
	report->fd = connect_master(report->socket);
	if (report->fd != -1 && say_hello(report)) {
		report->told_started = true;
		report->retry_us = 0;
		return;
	}
	fd_close(&report->fd);
	report->retry_us = now_us + report->wait_us;
	report->wait_us *= 2;
	if (report->wait_us > RETRY_MAX_US)
		report->wait_us = RETRY_MAX_US;
}

int
report_read(struct report *report, struct packet_in *in, int64_t now_us)
{
	struct message message;
	struct err err;
	int why = 0, rc;

	if (packet_receive(report->fd, in) != 1) {
		report_lost(report, now_us);
		return 0;
	}
	while ((rc = packet_next(
		    in, ROLE_MASTER, ROLE_WORKER, &message, &err)) == 1)
		if (message.type == MSG_RUN_KILL)
			why = wire_get_u8(&message.body);
	if (rc == -1) {
		log_error("run %s: bad message from the master: %s",
		    report->run, err.text);
		report_lost(report, now_us);
	}
	return why;
}
