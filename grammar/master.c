/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds the services of master.cf. A line with too few fields is a service
 * too: its missing fields are empty.
 */
#include "grammar/master.h"

#include "base/arena.h"
#include "base/diag.h"
#include "grammar/dump.h"
#include "grammar/master_build.h"
#include "grammar/master.lex.h"

size_t master_scan_field(struct master_builder *b, struct scan_loc loc)
{
	b->fields[b->field_count++] = loc;
	return b->field_count;
}

static void add_arguments(struct master_builder *b, struct master_service *service,
			  struct scan_loc loc)
{
	struct text text = line_slice(&b->reader, &b->line, loc.lo, loc.hi);
	struct list *list = list_parse_arguments(b->reader.ctx, text);

	service->args =
		arena_array(b->reader.ctx->arena, list->count, sizeof(*service->args));
	service->arg_count = list->count;
	for (size_t i = 0; i < list->count; i++)
		service->args[i] = list->items[i].text;
	master_find_options(b, service, list);
}

void master_build_service(struct master_builder *b, struct scan_loc all,
			  struct scan_loc arguments)
{
	struct master_file *file = b->file;
	struct master_service *service =
		arena_push(b->reader.ctx->arena, &file->services, file->service_count,
			   &b->service_room, sizeof(*service));

	file->service_count++;
	service->span = line_loc_span(&b->reader, &b->line, all);
	service->text = line_slice(&b->reader, &b->line, all.lo, b->line.str.len);
	for (size_t i = 0; i < b->field_count; i++) {
		struct scan_loc loc = b->fields[i];

		service->fields[i] = line_slice(&b->reader, &b->line, loc.lo, loc.hi).str;
		service->field_spans[i] = line_loc_span(&b->reader, &b->line, loc);
	}
	master_check_fields(b, service);
	if (arguments.hi > arguments.lo)
		add_arguments(b, service, arguments);
}

void master_build_failed(struct master_builder *b, struct scan_loc loc, const char *why)
{
	line_report(&b->reader, RULE_MC002, line_loc_span(&b->reader, &b->line, loc),
		    "%s", why);
}

static void parse_lines(struct master_builder *b)
{
	void *scanner = NULL;

	MCC_ASSERT(master_yylex_init_extra(b, &scanner) == 0);
	while (line_read(&b->reader, &b->line)) {
		b->field_count = 0;
		scan_start(&b->scan, b->line.str);
		master_yyrestart(NULL, scanner);
		master_yyparse(scanner, b);
	}
	master_yylex_destroy(scanner);
}

struct master_file *master_parse(const struct parse_ctx *ctx, const struct source *src)
{
	struct master_builder b = {.file = arena_alloc(ctx->arena, sizeof(*b.file))};

	b.file->src = src;
	line_reader_init(&b.reader, ctx, src);
	scan_init(&b.scan, b.reader.scratch);
	parse_lines(&b);
	b.file->comments = line_reader_done(&b.reader);
	return b.file;
}

static void dump_service(struct strbuf *out, const struct source_set *sources,
			 const struct master_service *service)
{
	dump_node(out, sources, "service", service->span);
	for (size_t i = 0; i < MASTER_FIELD_COUNT; i++) {
		dump_str(out, service->fields[i]);
		dump_span(out, sources, service->field_spans[i]);
	}
	dump_end(out);
	for (size_t i = 0; i < service->arg_count; i++) {
		dump_node(out, sources, " arg", text_full_span(service->args[i]));
		dump_str(out, service->args[i].str);
		dump_end(out);
	}
	for (size_t i = 0; i < service->option_count; i++) {
		const struct master_option *o = &service->options[i];

		dump_node(out, sources, " option", o->span);
		dump_str(out, o->name);
		dump_span(out, sources, o->name_span);
		dump_text(out, sources, o->value);
		dump_end(out);
	}
}

void master_dump(struct strbuf *out, const struct source_set *sources,
		 const struct master_file *file)
{
	dump_comments(out, sources, file->comments);
	for (size_t i = 0; i < file->service_count; i++)
		dump_service(out, sources, &file->services[i]);
}
