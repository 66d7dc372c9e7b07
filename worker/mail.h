/*
 * The output of a crontab's job as a mail: by the sendmail of this machine,
 * after the run has ended and its master knows, so that nobody waits for it;
 * or kept for the master, which has it sent to a server.
 */
#ifndef BELFRY_WORKER_MAIL_H
#define BELFRY_WORKER_MAIL_H

struct worker;

/*
 * The whole mail in a descriptor that the caller owns, once the result is
 * known and as long as the run file is open. -1: none is to be sent, or it is
 * kept.
 */
int mail_prepare(const struct worker *worker);

/*
 * Sends it as the job's user, and waits for that, a minute at most. Takes fd;
 * -1 is fine.
 */
void mail_send(struct worker *worker, int fd);

#endif
