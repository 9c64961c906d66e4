/* SPDX-License-Identifier: BSD-2-Clause */
/* master.cf: fields, arguments, and the options among them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "grammar/master.h"
#include "grammar_case.h"

static struct master_file *parse(struct grammar_case *c, const char *text)
{
	grammar_case_open(c, str_of(text));
	return master_parse(&c->ctx, c->src);
}

static void expect_diags(const char *text, const char *diags)
{
	struct grammar_case c;

	parse(&c, text);
	assert_string_equal(grammar_case_diags(&c), diags);
	grammar_case_close(&c);
}

static void assert_str(struct str s, const char *want)
{
	if (!str_eqc(s, want))
		fail_msg("'%.*s' is not '%s'", STR_ARG(s), want);
}

static void test_fields(void **state)
{
	struct grammar_case c;
	struct master_file *file = parse(&c, "# x\nsmtp inet n - y 60? 1 smtpd\n"
					     "a unix - - n - - pipe\n  # y\n  -v x\n");

	(void)state;
	assert_string_equal(grammar_case_diags(&c), "");
	assert_int_equal(file->comments.count, 2);
	assert_int_equal(file->service_count, 2);
	assert_str(file->services[0].fields[MASTER_NAME], "smtp");
	assert_str(file->services[0].fields[MASTER_WAKEUP], "60?");
	assert_str(file->services[0].fields[MASTER_COMMAND], "smtpd");
	assert_int_equal(file->services[0].field_spans[MASTER_COMMAND].lo, 26);
	assert_int_equal(file->services[0].arg_count, 0);
	assert_int_equal(file->services[1].arg_count, 2);
	assert_str(file->services[1].args[1].str, "x");
	assert_int_equal(text_full_span(file->services[1].args[1]).lo, 65);
	grammar_case_close(&c);
}

static void test_options(void **state)
{
	struct grammar_case c;
	struct master_file *file =
		parse(&c, "s inet n - n - - smtpd\n  -o a=b,c -v -ob=\n"
			  "  -o { c = d e, f }\n  -i 5 -o e=$f\n");
	const struct master_option *o = file->services[0].options;

	(void)state;
	assert_string_equal(grammar_case_diags(&c), "");
	assert_int_equal(file->services[0].option_count, 4);
	assert_int_equal(file->services[0].arg_count, 10);
	assert_str(o[0].name, "a");
	assert_str(o[0].value.str, "b,c");
	assert_int_equal(o[0].name_span.lo, 28);
	assert_int_equal(text_full_span(o[0].value).lo, 30);
	assert_int_equal(o[0].span.lo, 25);
	assert_int_equal(o[0].span.hi, 33);
	assert_str(o[1].name, "b");
	assert_str(o[1].value.str, "");
	assert_str(o[2].name, "c");
	assert_str(o[2].value.str, "d e, f");
	assert_str(o[3].name, "e");
	grammar_case_close(&c);
}

/* Behind the first word that is no option, -o belongs to somebody else. */
static void test_foreign_options(void **state)
{
	struct grammar_case c;
	struct master_file *file =
		parse(&c, "s unix - n n - - pipe flags=R argv=/x -o a=b ${recipient}\n");

	(void)state;
	assert_string_equal(grammar_case_diags(&c), "");
	assert_int_equal(file->services[0].option_count, 0);
	assert_int_equal(file->services[0].arg_count, 5);
	grammar_case_close(&c);
}

static void test_faults(void **state)
{
	(void)state;
	expect_diags("smtp inet n smtpd\n", "MC1101 1:1-1:18\nMC1103 1:13-1:18\n");
	expect_diags("a\n", "MC1101 1:1-1:2\n");
	expect_diags("a inte n - n - - x\nb bogus n - n - - x\n",
		     "MC1102 1:3-1:7\nMC1102 2:3-2:8\n");
	expect_diags("a unix Y yes N - - x\n",
		     "MC1103 1:8-1:9\nMC1103 1:10-1:13\nMC1103 1:14-1:15\n");
	expect_diags("a unix y y n 1s ? x\n", "MC1103 1:14-1:16\nMC1103 1:17-1:18\n");
	expect_diags("a unix y y n -1 5? -\n",
		     "MC1103 1:14-1:16\nMC1103 1:17-1:19\nMC1103 1:20-1:21\n");
	expect_diags("a unix y y n ?5 4294967296 x\n",
		     "MC1103 1:14-1:16\nMC1103 1:17-1:27\n");
	expect_diags("a unix - - n - - x -o b\n", "MC106 1:23-1:24\n");
	expect_diags("a unix - - n - - x -o\n", "MC106 1:22-1:22\n");
	expect_diags("a unix - - n - - x -o =b\n", "MC107 1:23-1:25\n");
	expect_diags("a unix - - n - - x -o { b = c\nd unix - - n - - x\n",
		     "MC111 1:23-1:24\n");
	expect_diags("  a unix - - n - - x\n", "MC105 1:1-1:21\n");
}

static void test_nearest_type(void **state)
{
	struct grammar_case c;

	(void)state;
	parse(&c, "a inte n - n - - x\nb bogus n - n - - x\n");
	assert_string_equal(diag_get(c.ctx.diags, 0)->edits[0].text, "inet");
	assert_int_equal(diag_get(c.ctx.diags, 1)->edit_count, 0);
	grammar_case_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),		cmocka_unit_test(test_options),
		cmocka_unit_test(test_foreign_options), cmocka_unit_test(test_faults),
		cmocka_unit_test(test_nearest_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
