#include "kinds/notice/sign.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

int
sign_dingtalk(struct sign *sign, const char *secret, int64_t now_ms)
{
	char *text = xasprintf("%" PRId64 "\n%s", now_ms, secret);
	unsigned char mac[SHA256_DIGEST_LENGTH];
	const void *made = HMAC(EVP_sha256(), secret, (int)strlen(secret),
	    (unsigned char *)text, strlen(text), mac, NULL);

	_Static_assert(sizeof(sign->text) > (sizeof(mac) + 2) / 3 * 4,
	    "base64 of the digest has no room");
	explicit_bzero(text, strlen(text));
	free(text);
	if (made == NULL)
		return -1;
	snprintf(sign->time, sizeof(sign->time), "%" PRId64, now_ms);
	EVP_EncodeBlock((unsigned char *)sign->text, mac, sizeof(mac));
	return 0;
}
