// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backend.h"

static SSL_CTX *tls_context;

static X509 *make_certificate(EVP_PKEY *key)
{
	static const unsigned char name[] = "lab-backend";
	X509 *certificate = X509_new();
	X509_NAME *subject;

	if (!certificate)
		return NULL;
	subject = X509_get_subject_name(certificate);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 24 * 3600);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name, -1, -1, 0);
	X509_set_issuer_name(certificate, subject);
	X509_set_pubkey(certificate, key);
	if (!X509_sign(certificate, key, EVP_sha256())) {
		X509_free(certificate);
		return NULL;
	}
	return certificate;
}

int tls_prepare(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = key ? make_certificate(key) : NULL;
	int err = -EINVAL;

	tls_context = SSL_CTX_new(TLS_server_method());
	if (tls_context && certificate && SSL_CTX_use_certificate(tls_context, certificate) == 1 &&
	    SSL_CTX_use_PrivateKey(tls_context, key) == 1)
		err = 0;
	X509_free(certificate);
	EVP_PKEY_free(key);
	return err;
}

/* Plain HTTP here makes SSL_accept() fail with the request unread: the close sends a RST. */
void serve_tls(struct connection *connection)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntls";
	SSL *tls = SSL_new(tls_context);
	char request[4096];

	if (tls && SSL_set_fd(tls, connection->fd) == 1 && SSL_accept(tls) == 1) {
		while (SSL_read(tls, request, sizeof(request)) > 0)
			if (SSL_write(tls, answer, sizeof(answer) - 1) <= 0)
				break;
		SSL_shutdown(tls);
	}
	SSL_free(tls);
	close(connection->fd);
}
