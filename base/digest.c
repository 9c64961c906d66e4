/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-256 over libcrypto. The library only fails here when memory is gone or
 * the algorithm is missing from the build, so the short form asserts and the
 * one that reads a file returns a status.
 */
#include "base/digest.h"

#include <openssl/evp.h>

#include "base/fsio.h"
#include "base/status.h"

enum { DIGEST_SIZE = 32, DIGEST_BLOCK = 64 << 10 };

static void to_hex(const unsigned char *bytes, char out[DIGEST_HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[DIGEST_HEX_SIZE - 1] = '\0';
}

void digest_hex(struct str data, char out[DIGEST_HEX_SIZE])
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	int ok = EVP_Digest(data.ptr, data.len, bytes, &len, EVP_sha256(), NULL);

	MCC_ASSERT(ok == 1 && len == DIGEST_SIZE);
	to_hex(bytes, out);
}

static int update_from(EVP_MD_CTX *ctx, int fd, size_t *out_size)
{
	unsigned char block[DIGEST_BLOCK];
	size_t size = 0, n;

	do {
		int status = fs_read_some(fd, block, sizeof(block), size, &n);

		if (status)
			return status;
		if (EVP_DigestUpdate(ctx, block, n) != 1)
			return MCC_ENOMEM;
		size += n;
	} while (n == sizeof(block));
	*out_size = size;
	return MCC_OK;
}

int digest_fd(int fd, size_t *out_size, char out[DIGEST_HEX_SIZE])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char bytes[EVP_MAX_MD_SIZE];
	size_t size = 0;
	int status = MCC_ENOMEM;

	if (ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1)
		status = update_from(ctx, fd, &size);
	if (!status && EVP_DigestFinal_ex(ctx, bytes, NULL) != 1)
		status = MCC_ENOMEM;
	EVP_MD_CTX_free(ctx);
	if (status)
		return status;
	*out_size = size;
	to_hex(bytes, out);
	return MCC_OK;
}
