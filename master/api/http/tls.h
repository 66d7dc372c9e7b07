/*
 * TLS of the api process: certificate and key as the guardian gives them, also
 * new ones while it runs. TLS 1.2 and 1.3; a certificate of the client's is
 * asked for when it is configured who vouches for users, and must be good
 * when there is one.
 */
#ifndef BELFRY_API_HTTP_TLS_H
#define BELFRY_API_HTTP_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "base/err.h"
#include "ipc/message.h"

struct tls;

struct tls *tls_new(void);
void tls_free(struct tls *tls);

/*
 * Takes what is in fd, which stays the caller's. With a key all three that
 * came last take effect together: -1 with err when they cannot, and those
 * before stay.
 */
int tls_set_file(struct tls *tls, enum file_kind kind, int fd, struct err *err);

/* For a new connection; NULL while there is no certificate. */
SSL *tls_accept(struct tls *tls);

/*
 * The name (CN) in the client's certificate, which was found good, into buf;
 * false when it has none that is of printable ASCII and fits.
 */
bool tls_user(SSL *ssl, char *buf, size_t size);

/* Says to the client that nothing more comes. */
void tls_end(SSL *ssl);

#endif
