/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mcc map -F: values that name files. Their contents, a line end between them,
 * are stored as base64 (tls_server_sni_maps wants keys and certificates so).
 */
#include <fcntl.h>
#include <openssl/evp.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/status.h"
#include "mcc/map_table.h"

bool map_encode_files(struct arena *arena, struct str value, struct str *out_text,
		      const char **out_why)
{
	struct strbuf all;
	struct str name, text;
	unsigned char *out;
	size_t count = 0;
	int len;

	strbuf_init(&all, LIMIT_TABLE_FILES);
	while (str_token(&value, ", \t\r\n", &name)) {
		int status = fs_read_file(arena, AT_FDCWD, str_dup0(arena, name),
					  LIMIT_TABLE_FILES, &text);

		if (status != MCC_OK) {
			*out_why = arena_printf(arena, "%.*s: %s", STR_ARG(name),
						mcc_status_text(status));
			strbuf_fini(&all);
			return false;
		}
		if (count++)
			strbuf_addc(&all, '\n');
		strbuf_addstr(&all, text);
	}
	if (all.failed || !count) {
		*out_why = all.failed ? "the files are too large" : "no file is named";
		strbuf_fini(&all);
		return false;
	}
	out = arena_alloc(arena, all.len / 3 * 4 + 8);
	len = EVP_EncodeBlock(out, (const unsigned char *)all.ptr, (int)all.len);
	strbuf_fini(&all);
	*out_text = (struct str){(const char *)out, (size_t)len};
	return true;
}

bool map_decode_value(struct arena *arena, struct str value, struct str *out_text)
{
	unsigned char *out = arena_alloc(arena, value.len / 4 * 3 + 4);
	size_t padding = 0;
	int len;

	if (value.len % 4 || value.len > LIMIT_SOURCE_FILE)
		return false;
	while (padding < 2 && value.len > padding &&
	       value.ptr[value.len - 1 - padding] == '=')
		padding++;
	len = EVP_DecodeBlock(out, (const unsigned char *)value.ptr, (int)value.len);
	if (len < 0)
		return false;
	*out_text = str_of(
		str_dup0(arena, (struct str){(const char *)out, (size_t)len - padding}));
	return true;
}
