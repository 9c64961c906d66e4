/* SPDX-License-Identifier: BSD-2-Clause */
/* master.cf: fields hold no blanks, options have names. */
#include "fuzz_grammar.h"
#include "grammar/master.h"

static void check(const struct source *src, const struct master_service *service)
{
	for (size_t i = 0; i < MASTER_FIELD_COUNT; i++) {
		if (str_chr(service->fields[i], ' ') >= 0)
			abort();
		fuzz_check_span(src, service->field_spans[i]);
	}
	for (size_t i = 0; i < service->option_count; i++) {
		if (!service->options[i].name.len)
			abort();
		fuzz_check_span(src, service->options[i].name_span);
		fuzz_check_span(src, service->options[i].span);
	}
}

static void parse(const struct parse_ctx *ctx, const struct source *src,
		  struct strbuf *out)
{
	struct master_file *file = master_parse(ctx, src);

	for (size_t i = 0; i < file->service_count; i++)
		check(src, &file->services[i]);
	master_dump(out, ctx->sources, file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_grammar(data, size, parse);
}
