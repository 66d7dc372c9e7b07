/* What requests and mails have in common: libcurl, its limits and errors. */
#include "notice.h"

#include <string.h>

#include "base/mem.h"

/* Not in a header of libcurl's: of easy handles, one at a time. */
static char error_text[CURL_ERROR_SIZE];

/* Called once a second at least. */
static int
progress_cb(void *arg, curl_off_t total, curl_off_t now, curl_off_t up_total,
    curl_off_t up)
{
	return notice_is_abandoned();
}

void
notice_curl_common(CURL *curl, const struct outgoing *out)
{
	const char *ca = notice_order_get(&out->order, "ca-file");
	bool verify = strcmp(notice_setting(out, "verify", "yes"), "yes") == 0;

	error_text[0] = '\0';
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error_text);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, progress_cb);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)out->order.timeout_ms);
	/* No proxy but what is configured, which is none. */
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, (long)verify);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
	if (ca == NULL)
		return;
	curl_easy_setopt(curl, CURLOPT_CAINFO, ca);
	curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
}

int
notice_curl_run(CURL *curl, long *status_r, struct err *err)
{
	CURLcode rc = curl_easy_perform(curl);

	*status_r = 0;
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status_r);
	curl_easy_cleanup(curl);
	if (rc == CURLE_OK)
		return 0;
	return err_set(err, "%s",
	    *error_text != '\0' ? error_text : curl_easy_strerror(rc));
}
