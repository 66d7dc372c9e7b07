/* Signatures that services want beside a message. */
#ifndef BELFRY_WORKER_SIGN_H
#define BELFRY_WORKER_SIGN_H

#include <stdint.h>

#define SIGN_TIME_MAX 24
#define SIGN_TEXT_MAX 48

struct sign {
	char time[SIGN_TIME_MAX]; /* milliseconds since 1970 */
	char text[SIGN_TEXT_MAX]; /* base64 */
};

/*
 * As DingTalk wants it of a robot with a secret: HMAC-SHA256 with the secret as
 * its key, of the time, a newline and the secret. It is good for an hour.
 * -1: it cannot be made.
 */
int sign_dingtalk(struct sign *sign, const char *secret, int64_t now_ms);

#endif
