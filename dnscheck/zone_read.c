/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Master files. Lines are put together here (parentheses, quotes, comments),
 * so that a message names the line a record begins on, an include cannot loop
 * and no line grows without bound; what a record means is ldns's to say.
 *
 * The file is refused as a whole at its first mistake: a record left out would
 * look like one that does not exist.
 */
#include "dnscheck/zone.h"

#include <fcntl.h>
#include <ldns/ldns.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/status.h"
#include "dnscheck/rr.h"
#include "dnscheck/zone_plain.h"

enum { DEFAULT_TTL = 3600, DEFAULT_NEGATIVE_TTL = 3600 };

/* Who owns records, to be checked once all zones are known. */
struct owner {
	const uint8_t *wire; /* the set's */
	size_t len;
	const char *path;
	size_t line;
};

struct zone_reader {
	struct arena *arena;
	struct zone_set *set;
	struct owner *owners;
	size_t owner_count;
	size_t owner_room;
	struct dns_name *origins; /* of $ORIGIN: zones when there is no SOA */
	size_t origin_count;
	size_t origin_room;
	size_t bytes; /* read so far, includes and all */
	bool may_include;
	char *err;
	size_t err_size;
};

/* One file of the include tree. */
struct layer {
	struct zone_reader *rd;
	const char *path;
	struct str text;
	size_t at;
	size_t next_line; /* the line that text[at] is on */
	size_t line;	  /* first line of the current logical line */
	unsigned depth;
	bool has_origin;
	struct dns_name origin;
	bool has_owner;
	struct dns_name owner; /* of the record before */
	uint32_t ttl;
};

static int fail(const struct layer *l, const char *message)
{
	snprintf(l->rd->err, l->rd->err_size, "%s:%zu: %s", l->path, l->line, message);
	return MCC_EFORMAT;
}

/* --- logical lines ------------------------------------------------------ */

struct joiner {
	struct strbuf *out;
	unsigned parens;
	bool quoted;
};

/* How many bytes from `at` on mean only themselves. */
static size_t plain_run(struct str text, size_t at)
{
	static const bool special[UCHAR_MAX + 1] = {
		['\0'] = true, ['\n'] = true, ['\r'] = true, ['"'] = true,
		[';'] = true,  ['('] = true,  [')'] = true,  ['\\'] = true};
	size_t end = at;

	while (end < text.len && !special[(unsigned char)text.ptr[end]])
		end++;
	return end - at;
}

/* One byte of the line; NULL or what is wrong with it. */
static const char *join_byte(struct joiner *j, char c)
{
	if (c == '"')
		j->quoted = !j->quoted;
	if (!j->quoted && (c == '(' || c == ')')) {
		if (c == ')' && j->parens == 0)
			return "closing parenthesis without an opening one";
		j->parens += c == '(' ? 1u : -1u;
		c = ' ';
	}
	if (c == '\0')
		return "NUL byte";
	strbuf_addc(j->out, c == '\r' || c == '\n' ? ' ' : c);
	return NULL;
}

/* Length of an escape at text[at]: what follows the backslash is kept. */
static size_t escape_length(struct str text, size_t at)
{
	return text.ptr[at] == '\\' && at + 1 < text.len && text.ptr[at + 1] != '\n' &&
			       text.ptr[at + 1] != '\0'
		       ? 2
		       : 1;
}

static size_t skip_comment(struct str text, size_t at)
{
	while (at < text.len && text.ptr[at] != '\n')
		at++;
	return at;
}

/* Reads the next logical line into `out`. *out_more: there was one. */
static int next_logical(struct layer *l, struct strbuf *out, bool *out_more)
{
	struct joiner j = {.out = out};
	const char *problem;
	size_t len;
	char c;

	strbuf_clear(out);
	l->line = l->next_line;
	*out_more = l->at < l->text.len;
	while (l->at < l->text.len) {
		len = plain_run(l->text, l->at);
		strbuf_add(out, l->text.ptr + l->at, len);
		l->at += len;
		if (l->at == l->text.len)
			break;
		c = l->text.ptr[l->at];
		if (c == ';' && !j.quoted) {
			l->at = skip_comment(l->text, l->at);
			continue;
		}
		len = escape_length(l->text, l->at);
		l->at += len;
		if (len == 2) {
			strbuf_add(out, l->text.ptr + l->at - 2, 2);
			continue;
		}
		if (c == '\n') {
			l->next_line++;
			if (j.quoted)
				return fail(l, "quoted text without its end");
			if (j.parens == 0)
				break;
		}
		problem = join_byte(&j, c);
		if (problem != NULL)
			return fail(l, problem);
		if (out->failed)
			return fail(l, "line too long");
	}
	if (j.quoted)
		return fail(l, "quoted text without its end");
	return j.parens == 0 ? 0 : fail(l, "opening parenthesis without a closing one");
}

/* --- directives --------------------------------------------------------- */

/* A name: absolute, or relative to the origin. */
static int read_name(const struct layer *l, struct str word, struct dns_name *out)
{
	if (zone_read_name(word, l->has_origin ? &l->origin : NULL, out))
		return 0;
	if (!l->has_origin && !str_ends(word, "."))
		return fail(l, "relative name without $ORIGIN");
	return fail(l, "bad domain name: a label is empty or longer than 63 octets, "
		       "or the name than 255");
}

static void note_origin(struct layer *l)
{
	struct zone_reader *rd = l->rd;
	struct dns_name *slot = arena_push(rd->arena, &rd->origins, rd->origin_count,
					   &rd->origin_room, sizeof(*slot));

	*slot = l->origin;
	rd->origin_count++;
	l->has_origin = true;
}

static int read_origin(struct layer *l, struct str word)
{
	int status = read_name(l, word, &l->origin);

	if (status == 0)
		note_origin(l);
	return status;
}

static int read_ttl(struct layer *l, struct str word)
{
	const char *end;
	char *text = str_dup0(l->rd->arena, word);
	uint32_t ttl = ldns_str2period(text, &end);

	if (word.len == 0 || *end != '\0')
		return fail(l, "bad TTL");
	l->ttl = ttl;
	return 0;
}

static int read_layer(struct layer *l);

static int read_include(struct layer *l, struct str name, struct str origin)
{
	struct arena *arena = l->rd->arena;
	struct layer inner = *l;
	const char *folder = dirname(arena_strdup(arena, l->path));
	char *word = str_dup0(arena, name);
	int status;

	if (name.len == 0)
		return fail(l, "$INCLUDE without a file name");
	if (!l->rd->may_include)
		return fail(l, "$INCLUDE is not allowed here");
	if (l->depth + 1 > LIMIT_ZONE_INCLUDE)
		return fail(l, "$INCLUDE nested too deeply");
	inner.path = word[0] == '/' ? word : arena_printf(arena, "%s/%s", folder, word);
	status = fs_read_file(arena, AT_FDCWD, inner.path,
			      (size_t)LIMIT_ZONE_FILE - l->rd->bytes, &inner.text);
	if (status != 0) {
		(void)fail(l, arena_printf(arena, "%s: %s", inner.path,
					   mcc_status_text(status)));
		return status;
	}
	l->rd->bytes += inner.text.len;
	inner.at = 0;
	inner.next_line = 1;
	inner.depth++;
	if (origin.len != 0) {
		status = read_name(l, origin, &inner.origin);
		if (status != 0)
			return status;
		inner.has_origin = true;
	}
	/* The origin outside is not changed by the included file (RFC 1035 5.1). */
	return read_layer(&inner);
}

static int read_directive(struct layer *l, struct str line)
{
	struct str word, first = STR_LIT(""), second = STR_LIT("");

	(void)str_token(&line, " \t", &word);
	(void)str_token(&line, " \t", &first);
	(void)str_token(&line, " \t", &second);
	if (str_caseeqc(word, "$ORIGIN"))
		return read_origin(l, first);
	if (str_caseeqc(word, "$TTL"))
		return read_ttl(l, first);
	if (str_caseeqc(word, "$INCLUDE"))
		return read_include(l, first, second);
	return fail(l, "unknown directive");
}

/* --- records ------------------------------------------------------------ */

static void note_owner(struct layer *l)
{
	struct zone_reader *rd = l->rd;
	struct owner *slot;
	const uint8_t *wire = zone_owner_wire(rd->set, &l->owner);

	if (rd->owner_count != 0 && rd->owners[rd->owner_count - 1].wire == wire)
		return;
	slot = arena_push(rd->arena, &rd->owners, rd->owner_count, &rd->owner_room,
			  sizeof(*slot));
	*slot = (struct owner){wire, l->owner.len, l->path, l->line};
	rd->owner_count++;
}

static int add_soa(struct layer *l, const ldns_rr *rr)
{
	const ldns_rdf *minimum = ldns_rr_rd_count(rr) == 7 ? ldns_rr_rdf(rr, 6) : NULL;
	uint32_t ttl;

	if (minimum == NULL || ldns_rdf_size(minimum) != 4)
		return fail(l, "damaged SOA record");
	ttl = ldns_rdf2native_int32(minimum);
	zone_add_apex(l->rd->set, &l->owner,
		      ttl < ldns_rr_ttl(rr) ? ttl : ldns_rr_ttl(rr));
	if (!l->has_origin) {
		l->origin = l->owner;
		l->has_origin = true;
	}
	return 0;
}

/* A record of the current owner. */
static int add_ours(struct layer *l, const struct dns_rr *rr)
{
	const char *problem;

	l->has_owner = true;
	note_owner(l);
	problem = zone_add_rr(l->rd->set, &l->owner, rr);
	return problem == NULL ? 0 : fail(l, problem);
}

/* Takes a record that ldns has understood into the set. */
static int add_record(struct layer *l, const ldns_rr *rr)
{
	unsigned type = ldns_rr_get_type(rr);
	struct dns_name target;
	struct dns_rr ours;
	int status = 0;

	if (ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN)
		return fail(l, "class is not IN");
	if (!dns_rr_owner(rr, &l->owner))
		return fail(l, "bad owner name");
	l->has_owner = true;
	if (type == LDNS_RR_TYPE_RRSIG || type == LDNS_RR_TYPE_NSEC ||
	    type == LDNS_RR_TYPE_NSEC3 || type == LDNS_RR_TYPE_NSEC3PARAM)
		return 0; /* owners of these may be no names of the zone */
	if (type == LDNS_RR_TYPE_SOA)
		status = add_soa(l, rr);
	if (status != 0)
		return status;
	if (type == LDNS_RR_TYPE_DNAME) {
		if (!dns_rr_name(rr, 0, &target))
			return fail(l, "bad DNAME target");
		note_owner(l);
		zone_add_dname(l->rd->set, &l->owner, &target, ldns_rr_ttl(rr));
		return 0;
	}
	if (!dns_rr_read(l->rd->arena, rr, &ours))
		return fail(l, "damaged record data");
	return add_ours(l, &ours);
}

static ldns_rdf *rdf_of_name(const struct dns_name *name)
{
	return ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, name->len, name->wire);
}

static int read_with_ldns(struct layer *l, struct str line)
{
	ldns_rdf *origin = l->has_origin ? rdf_of_name(&l->origin) : NULL;
	ldns_rdf *prev = l->has_owner ? rdf_of_name(&l->owner) : NULL;
	ldns_rr *rr = NULL;
	ldns_status s;
	int status;

	s = ldns_rr_new_frm_str(&rr, line.ptr, l->ttl, origin, &prev);
	status = s == LDNS_STATUS_OK ? add_record(l, rr)
				     : fail(l, ldns_get_errorstr_by_id(s));
	if (s == LDNS_STATUS_OK)
		ldns_rr_free(rr);
	ldns_rdf_deep_free(prev);
	ldns_rdf_deep_free(origin);
	return status;
}

/* The owner field: blank repeats the one before, else relative or not. */
static int check_owner_field(const struct layer *l, struct str line)
{
	struct str word;
	struct dns_name name;

	if (line.ptr[0] == ' ' || line.ptr[0] == '\t')
		return l->has_owner ? 0 : fail(l, "record without an owner name");
	(void)str_token(&line, " \t", &word);
	/* ldns would take the whole word for the origin. */
	if (word.len > 1 && word.ptr[0] == '@')
		return fail(l, "an owner name that begins with '@'");
	return read_name(l, word, &name);
}

static int read_record(struct layer *l, struct str line)
{
	struct zone_context context = {.origin = l->has_origin ? &l->origin : NULL,
				       .owner = l->has_owner ? &l->owner : NULL,
				       .ttl = l->ttl};
	struct strbuf turned;
	struct dns_rr rr;
	int status;

	if (zone_read_plain(l->rd->arena, &context, line, &l->owner, &rr))
		return add_ours(l, &rr);
	status = check_owner_field(l, line);
	if (status != 0)
		return status;
	strbuf_init(&turned, LIMIT_ZONE_LINE);
	status = read_with_ldns(l, zone_turn_class(line, &turned) ? strbuf_view(&turned)
								  : line);
	strbuf_fini(&turned);
	return status;
}

static int read_layer(struct layer *l)
{
	struct strbuf buf;
	struct str line;
	bool more = true;
	int status;

	strbuf_init(&buf, LIMIT_ZONE_LINE);
	for (;;) {
		status = next_logical(l, &buf, &more);
		if (status != 0 || !more)
			break;
		line = strbuf_view(&buf);
		if (str_trim(line).len == 0)
			continue;
		if (line.ptr[0] == '$')
			status = read_directive(l, line);
		else
			status = read_record(l, line);
		if (status != 0)
			break;
	}
	strbuf_fini(&buf);
	return status;
}

/* --- the whole ---------------------------------------------------------- */

static void zones_without_soa(struct zone_reader *rd)
{
	size_t i;

	if (zone_has_apex(rd->set))
		return;
	for (i = 0; i < rd->origin_count; i++)
		zone_add_apex(rd->set, &rd->origins[i], DEFAULT_NEGATIVE_TTL);
}

static int check_owners(struct zone_reader *rd)
{
	struct dns_name name;
	char text[DNS_NAME_TEXT];
	size_t i;

	for (i = 0; i < rd->owner_count; i++) {
		if (zone_covers(rd->set, rd->owners[i].wire, rd->owners[i].len))
			continue;
		(void)dns_name_of_wire(rd->owners[i].wire, rd->owners[i].len, &name);
		dns_name_format(&name, text);
		snprintf(rd->err, rd->err_size,
			 "%s:%zu: %s. lies outside of every zone of the file (no SOA "
			 "record or $ORIGIN above it)",
			 rd->owners[i].path, rd->owners[i].line, text);
		return MCC_EFORMAT;
	}
	return 0;
}

int zone_read(struct arena *arena, struct zone_set *set, const struct zone_file *file,
	      char *err, size_t err_size)
{
	struct zone_reader rd = {.arena = arena,
				 .set = set,
				 .bytes = file->text.len,
				 .may_include = file->may_include,
				 .err = err,
				 .err_size = err_size};
	struct layer top = {.rd = &rd,
			    .path = file->path,
			    .text = file->text,
			    .next_line = 1,
			    .ttl = DEFAULT_TTL};
	int status;

	if (file->origin != NULL) {
		if (!dns_name_parse(file->origin, &top.origin)) {
			snprintf(err, err_size, "%s: no valid origin", file->origin);
			return MCC_EINVAL;
		}
		note_origin(&top);
	}
	status = read_layer(&top);
	if (status != 0)
		return status;
	zones_without_soa(&rd);
	return check_owners(&rd);
}
