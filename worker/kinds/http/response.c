#include "response.h"

#include <errno.h>
#include <unistd.h>

static bool
write_out(struct response *r, const char *p, size_t n)
{
	ssize_t done;

	if (n > 0)
		r->last = p[n - 1];
	while (n > 0) {
		done = write(STDOUT_FILENO, p, n);
		if (done == -1 && errno != EINTR)
			return false;
		if (done > 0) {
			p += done;
			n -= (size_t)done;
		}
	}
	return true;
}

bool
response_head(struct response *r, const void *p, size_t n)
{
	return write_out(r, p, n);
}

bool
response_body(struct response *r, const void *p, size_t n)
{
	size_t room = HTTP_BODY_SEEN - r->seen.len;

	if (r->req->has_pattern) {
		r->cut = r->cut || n > room;
		strbuf_add(&r->seen, p, n < room ? n : room);
	}
	return write_out(r, p, n);
}

static bool
matches(const struct response *r)
{
	regmatch_t all = {.rm_so = 0, .rm_eo = (regoff_t)r->seen.len};

	return regexec(&r->req->pattern, strbuf_str(&r->seen), 1, &all,
		   REG_STARTEND) == 0;
}

int
response_judge(struct response *r, long status, struct inside_note *note)
{
	const struct http_request *req = r->req;
	bool redirect = status >= 301 && status <= 308 && req->follow == 0;

	if (!http_statuses_has(&req->expect_status, (int)status)) {
		inside_tell(note, OUTCOME_FAILURE,
		    "the status is %ld, expected %s%s", status,
		    req->expect_text,
		    redirect ? "; redirects are followed with http-follow" :
			       "");
		return HTTP_EXIT_STATUS + (int)(status / 100 % 10);
	}
	if (req->has_pattern && !matches(r)) {
		inside_tell(note, OUTCOME_FAILURE,
		    "the %sbody does not match http-expect-body",
		    r->cut ? "first megabyte of the " : "");
		return HTTP_EXIT_BODY;
	}
	return 0;
}

void
response_say(struct response *r, const char *text)
{
	struct strbuf b = STRBUF_INIT;

	strbuf_addf(&b, "%sbelfry: %s\n",
	    r->last != '\n' && r->last != '\0' ? "\n" : "", text);
	write_out(r, b.s, b.len);
	strbuf_fini(&b);
}
