/* Runs in the api process. */
#include "api/http/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"

#define PEM_MAX ((size_t)1 << 20)

/* A file's text; secrets are wiped. */
struct pem {
	char *text; /* owned; NULL none */
	size_t len;
};

struct tls {
	struct pem client_ca, cert;
	SSL_CTX *ctx; /* NULL none */
};

struct tls *
tls_new(void)
{
	return xcalloc(1, sizeof(struct tls));
}

static void
pem_fini(struct pem *pem)
{
	if (pem->text != NULL)
		explicit_bzero(pem->text, pem->len);
	free(pem->text);
	pem->text = NULL;
}

void
tls_free(struct tls *tls)
{
	if (tls == NULL)
		return;
	pem_fini(&tls->client_ca);
	pem_fini(&tls->cert);
	SSL_CTX_free(tls->ctx);
	free(tls);
}

static int
read_pem(struct pem *pem, int fd, struct err *err)
{
	pem_fini(pem);
	pem->text = fd_read_all(fd, PEM_MAX, &pem->len);
	return pem->text == NULL ? err_errno(err, "cannot read it") : 0;
}

/* What OpenSSL has to say; its queue is empty then. */
static int
fail(struct err *err, const char *what)
{
	unsigned long code = ERR_get_error();

	err_set(err, "%s: %s", what,
	    code != 0 ? ERR_reason_error_string(code) : "nothing is in it");
	ERR_clear_error();
	return -1;
}

static BIO *
bio_of(const struct pem *pem)
{
	BIO *bio = BIO_new_mem_buf(pem->text, (int)pem->len);

	if (bio == NULL)
		fatalx("out of memory");
	return bio;
}

/* Nobody is there to be asked for a passphrase. */
static int
no_passphrase(char *buf, int size, int writing, void *arg)
{
	return -1;
}

static int
use_chain(SSL_CTX *ctx, const struct pem *pem, struct err *err)
{
	BIO *bio = bio_of(pem);
	X509 *cert = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
	int rc = -1;

	if (cert != NULL && SSL_CTX_use_certificate(ctx, cert) == 1)
		rc = 0;
	X509_free(cert);
	while (rc == 0 &&
	    (cert = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL)) != NULL)
		/* It becomes the context's. */
		if (SSL_CTX_add0_chain_cert(ctx, cert) != 1) {
			X509_free(cert);
			rc = -1;
		}
	BIO_free(bio);
	if (rc == -1)
		return fail(err, "tls-cert");
	ERR_clear_error(); /* of the end of the file */
	return 0;
}

static int
use_key(SSL_CTX *ctx, const struct pem *pem, struct err *err)
{
	BIO *bio = bio_of(pem);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	int rc = 0;

	if (key == NULL || SSL_CTX_use_PrivateKey(ctx, key) != 1 ||
	    SSL_CTX_check_private_key(ctx) != 1)
		rc = fail(err, "tls-key");
	EVP_PKEY_free(key);
	BIO_free(bio);
	return rc;
}

static int
use_client_ca(SSL_CTX *ctx, const struct pem *pem, struct err *err)
{
	BIO *bio = bio_of(pem);
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);
	unsigned n = 0;
	X509 *cert;
	bool good = true;

	while (good &&
	    (cert = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL)) !=
		NULL) {
		n++;
		good = X509_STORE_add_cert(store, cert) == 1 &&
		    SSL_CTX_add_client_CA(ctx, cert) == 1;
		X509_free(cert);
	}
	BIO_free(bio);
	if (!good || n == 0)
		return fail(err, "tls-client-ca");
	ERR_clear_error();
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE, NULL);
	return 0;
}

static SSL_CTX *
make(const struct tls *tls, const struct pem *key, struct err *err)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (ctx == NULL)
		fatalx("OpenSSL cannot be used");
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	/* Nothing is resumed: who was let in once is looked at again. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_mode(ctx,
	    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (tls->cert.text == NULL) {
		err_set(err, "tls-cert could not be read");
	} else if (use_chain(ctx, &tls->cert, err) == 0 &&
	    use_key(ctx, key, err) == 0 &&
	    (tls->client_ca.text == NULL ||
		use_client_ca(ctx, &tls->client_ca, err) == 0)) {
		return ctx;
	}
	SSL_CTX_free(ctx);
	return NULL;
}

static int
take_key(struct tls *tls, int fd, struct err *err)
{
	struct pem key = {NULL, 0};
	SSL_CTX *ctx = NULL;

	if (read_pem(&key, fd, err) == 0)
		ctx = make(tls, &key, err);
	pem_fini(&key);
	if (ctx == NULL)
		return -1;
	/* Connections hold the one before for as long as they need it. */
	SSL_CTX_free(tls->ctx);
	tls->ctx = ctx;
	return 0;
}

int
tls_set_file(struct tls *tls, enum file_kind kind, int fd, struct err *err)
{
	if (kind == FILE_KEY)
		return take_key(tls, fd, err);
	return read_pem(
	    kind == FILE_CERT ? &tls->cert : &tls->client_ca, fd, err);
}

SSL *
tls_accept(struct tls *tls)
{
	return tls->ctx != NULL ? SSL_new(tls->ctx) : NULL;
}

bool
tls_user(SSL *ssl, char *buf, size_t size)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);
	const ASN1_STRING *text;
	const X509_NAME *name;
	int i, n;

	if (cert == NULL || SSL_get_verify_result(ssl) != X509_V_OK)
		return false;
	name = X509_get_subject_name(cert);
	i = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	if (i == -1)
		return false;
	text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i));
	n = ASN1_STRING_length(text);
	if (n < 1 || (size_t)n >= size)
		return false;
	memcpy(buf, ASN1_STRING_get0_data(text), (size_t)n);
	buf[n] = '\0';
	for (i = 0; i < n; i++)
		if (buf[i] <= ' ' || buf[i] > '~')
			return false;
	return true;
}

void
tls_end(SSL *ssl)
{
	/* The answer to it is not waited for. */
	SSL_shutdown(ssl);
	ERR_clear_error();
}
