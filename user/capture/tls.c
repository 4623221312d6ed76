// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "user/capture/probe_point.h"
#include "user/capture/tls.h"
#include "user/lib/message.h"

/* All take the session, the buffer and its length. OpenSSL and its descendants; GnuTLS. */
static const struct {
	const char *name;
	const char *twin; /* does the same by the same means */
} functions[TLS_LINKS_MAX] = {
	{ "SSL_write", "SSL_write_ex" },
	{ "SSL_write_ex", "SSL_write" },
	{ "SSL_write_ex2", "SSL_write_ex" },
	{ "SSL_write_early_data", "SSL_write_early_data" },
	{ "gnutls_record_send", "gnutls_record_send2" },
};

static struct tls_file *find_file(struct tls *tls, const struct stat *status)
{
	for (uint32_t i = 0; i < tls->count; i++) {
		struct tls_file *file = &tls->files[i];

		if (file->device == status->st_dev && file->inode == status->st_ino)
			return file;
	}
	return NULL;
}

/* Of a function that the file does not have libbpf says -ENOENT. */
static int attach(struct tls_file *file, const struct bpf_program *program, const char *path)
{
	int count = 0, err = -ENOENT;

	for (int i = 0; i < TLS_LINKS_MAX; i++) {
		LIBBPF_OPTS(bpf_uprobe_opts, options, .func_name = functions[i].name);
		size_t offset = probe_point(path, functions[i].name, functions[i].twin);

		file->links[i] =
			bpf_program__attach_uprobe_opts(program, -1, path, offset, &options);
		if (file->links[i]) {
			count++;
			message_detail("hooked %s+%zu in %s", functions[i].name, offset, path);
		} else if (errno != ENOENT) {
			err = -errno;
		}
	}
	return count ? 0 : err;
}

int tls_watch(struct tls *tls, const struct bpf_program *program, const char *path)
{
	struct stat status;
	struct tls_file *file;

	if (!program)
		return -EOPNOTSUPP;
	if (stat(path, &status))
		return -errno;
	file = find_file(tls, &status);
	if (file)
		return file->err;
	if (tls->count == TLS_FILES_MAX)
		return -ENOSPC;
	file = &tls->files[tls->count++];
	file->device = status.st_dev;
	file->inode = status.st_ino;
	file->err = attach(file, program, path);
	return file->err;
}

void tls_close(struct tls *tls)
{
	for (uint32_t i = 0; i < tls->count; i++) {
		for (int j = 0; j < TLS_LINKS_MAX; j++)
			bpf_link__destroy(tls->files[i].links[j]);
	}
	memset(tls, 0, sizeof(*tls));
}
