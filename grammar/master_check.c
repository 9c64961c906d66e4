/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What master(5) says about the form of each field. Whether the combination
 * makes sense (a private inet service, a process limit of qmgr) is for lint.
 */
#include "base/arena.h"
#include "base/diag.h"
#include "grammar/master_build.h"

static const char *const types[] = {"inet", "unix", "unix-dgram", "fifo", "pass"};

static const char *const names[MASTER_FIELD_COUNT] = {
	"name",	  "type",   "private", "unprivileged",
	"chroot", "wakeup", "maxproc", "command",
};

static void check_count(struct master_builder *b, const struct master_service *service)
{
	if (b->field_count == MASTER_FIELD_COUNT)
		return;
	line_report(
		&b->reader, RULE_MC1101, service->span,
		"%zu fields, but a service has 8 (name, type, private, unprivileged, "
		"chroot, wakeup, maxproc, command): '%s' is missing; Postfix does not "
		"start",
		b->field_count, names[b->field_count]);
}

static void check_type(struct master_builder *b, const struct master_service *service)
{
	struct str type = service->fields[MASTER_TYPE];
	struct span at = service->field_spans[MASTER_TYPE];
	const char *nearest = NULL;
	unsigned best = 3; /* one more than is taken for a slip */
	struct diag *d;

	for (size_t i = 0; i < array_len(types); i++) {
		unsigned distance = str_distance(type, str_of(types[i]), 2);

		if (!distance)
			return;
		if (distance < best) {
			best = distance;
			nearest = types[i];
		}
	}
	d = line_report(&b->reader, RULE_MC1102, at,
			"the type '%.*s' is not inet, unix, unix-dgram, fifo or pass: "
			"Postfix does not start",
			STR_ARG(type));
	if (nearest)
		line_fix(&b->reader, d, "use the type that is spelled nearly so", at,
			 nearest);
}

static bool is_flag(struct str s)
{
	return str_eqc(s, "y") || str_eqc(s, "n") || str_eqc(s, "-");
}

static bool is_count(struct str s, bool may_ask)
{
	uint64_t n;

	if (may_ask && str_ends(s, "?"))
		s.len--;
	return str_eqc(s, "-") || (str_to_u64(s, &n) && n <= INT32_MAX);
}

static bool is_well_formed(size_t field, struct str s)
{
	switch (field) {
	case MASTER_PRIVATE:
	case MASTER_UNPRIV:
	case MASTER_CHROOT:
		return is_flag(s);
	case MASTER_WAKEUP:
		return is_count(s, true);
	case MASTER_MAXPROC:
		return is_count(s, false);
	case MASTER_COMMAND:
		return !str_eqc(s, "-");
	default:
		return true;
	}
}

static const char *form_of(size_t field)
{
	switch (field) {
	case MASTER_WAKEUP:
		return "a number of seconds, with '?' behind it if wanted, or '-'";
	case MASTER_MAXPROC:
		return "a number or '-'";
	case MASTER_COMMAND:
		return "the name of a program";
	default:
		return "'y', 'n' or '-'";
	}
}

void master_check_fields(struct master_builder *b, const struct master_service *service)
{
	check_count(b, service);
	if (b->field_count > MASTER_TYPE)
		check_type(b, service);
	for (size_t i = MASTER_PRIVATE; i < b->field_count; i++)
		if (!is_well_formed(i, service->fields[i]))
			line_report(&b->reader, RULE_MC1103, service->field_spans[i],
				    "field '%s' is '%.*s', but must be %s: Postfix does "
				    "not start",
				    names[i], STR_ARG(service->fields[i]), form_of(i));
}
