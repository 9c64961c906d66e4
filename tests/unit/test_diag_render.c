/* SPDX-License-Identifier: BSD-2-Clause */
/* What people, editors and programs get to see, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/diag_render.h"
#include "base/limits.h"

struct fixture {
	struct arena *arena;
	struct source_set *set;
	struct diag_queue *queue;
	char *out;
	size_t out_len;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->arena = arena_new(0);
	f->set = source_set_new(f->arena);
	f->queue = diag_queue_new(f->arena);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	arena_free(f->arena);
	free(f->out);
	free(f);
	return 0;
}

static const char *human(struct fixture *f, struct diag_style style)
{
	FILE *out = open_memstream(&f->out, &f->out_len);

	diag_sort(f->queue);
	diag_render_human(out, f->queue, f->set, &style);
	fclose(out);
	return f->out;
}

static const struct diag_style plain = {.max = 0};

/* The two lines of the snippet for one diagnostic over [lo, hi) of `text`. */
static void expect_snippet(struct fixture *f, struct str text, uint32_t lo, uint32_t hi,
			   const char *expected)
{
	const struct source *src = source_add_text(f->set, "f", text);
	const char *got;

	diag_add(f->queue, RULE_MC101, (struct span){src->id, lo, hi}, "m");
	got = human(f, plain);
	got = strchr(got, '\n') + 1;
	*strrchr(f->out, '\n') = '\0'; /* the summary */
	strrchr(f->out, '\n')[1] = '\0';
	assert_string_equal(got, expected);
}

static void test_everything(void **state)
{
	struct fixture *f = *state;
	const struct source *src =
		source_add_text(f->set, "main.cf", STR_LIT("a = 1\nb = 2\na = 3\n"));
	struct diag *d = diag_add(f->queue, RULE_MC101, (struct span){src->id, 12, 13},
				  "`%s` is set twice", "a");

	diag_relate(f->queue, d, (struct span){src->id, 0, 5}, "first defined here");
	diag_fix(f->queue, d, "remove the first one");
	diag_add(f->queue, RULE_MC301, (struct span){src->id, 10, 11}, "no boolean");
	diag_add(f->queue, RULE_MC303, (struct span){src->id, 10, 11}, "no time");
	assert_string_equal(human(f, plain),
			    "main.cf:2:5: error: no boolean [MC301 bad-boolean]\n"
			    "    2 | b = 2\n"
			    "      |     ^\n"
			    "main.cf:2:5: error: no time [MC303 bad-time]\n"
			    "    2 | b = 2\n"
			    "      |     ^\n"
			    "main.cf:3:1: warning: `a` is set twice "
			    "[MC101 duplicate-parameter]\n"
			    "    3 | a = 3\n"
			    "      | ^\n"
			    "main.cf:1:1: note: first defined here\n"
			    "    1 | a = 1\n"
			    "      | ^~~~~\n"
			    "fix: remove the first one\n"
			    "2 errors, 1 warning\n");
}

static void test_nothing(void **state)
{
	assert_string_equal(human(*state, plain), "");
}

static void test_no_place(void **state)
{
	struct fixture *f = *state;

	diag_add(f->queue, RULE_MC1303, SPAN_NONE, "no DNS");
	assert_string_equal(human(f, plain),
			    "mcc: unverified: no DNS [MC1303 not-evaluated]\n"
			    "1 unverified\n");
}

static void test_most_shown(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 5; i++)
		diag_add(f->queue, RULE_MC101, SPAN_NONE, "%d", i);
	assert_string_equal(human(f, (struct diag_style){.colour = false, .max = 2}),
			    "mcc: warning: 0 [MC101 duplicate-parameter]\n"
			    "mcc: warning: 1 [MC101 duplicate-parameter]\n"
			    "... and 3 more, not shown\n"
			    "5 warnings\n");
}

static void test_most_shown_exactly(void **state)
{
	struct fixture *f = *state;

	diag_add(f->queue, RULE_MC101, SPAN_NONE, "x");
	assert_null(strstr(human(f, (struct diag_style){.colour = false, .max = 1}),
			   "not shown"));
}

static void test_colour(void **state)
{
	struct fixture *f = *state;
	const struct source *src = source_add_text(f->set, "f", STR_LIT("a b\n"));

	diag_add(f->queue, RULE_MC301, (struct span){src->id, 2, 3}, "m");
	assert_string_equal(human(f, (struct diag_style){.colour = true, .max = 0}),
			    "\033[1mf:1:3: \033[0m\033[1;31merror:\033[0m m "
			    "[MC301 bad-boolean]\n"
			    "    1 | a b\n"
			    "      |   \033[1;31m^\033[0m\n"
			    "1 error\n");
}

static void test_tabs_stay_aligned(void **state)
{
	expect_snippet(*state, STR_LIT("a\t=\tb\n"), 4, 5,
		       "    1 | a       =       b\n"
		       "      |                 ^\n");
}

static void test_tab_inside_the_span(void **state)
{
	expect_snippet(*state, STR_LIT("a\tb c"), 0, 3,
		       "    1 | a       b c\n"
		       "      | ^~~~~~~~~\n");
}

static void test_utf8_is_kept(void **state)
{
	/* e with acute (1 column), a CJK character (2), a combining mark (0). */
	expect_snippet(*state,
		       STR_LIT("\xc3\xa9\xe6\x97\xa5"
			       "e\xcc\x81 x\n"),
		       9, 10,
		       "    1 | \xc3\xa9\xe6\x97\xa5"
		       "e\xcc\x81 x\n"
		       "      |      ^\n");
}

static void test_hostile_bytes_are_escaped(void **state)
{
	expect_snippet(*state, STR_LIT("\033[2J\xff\0 x\n"), 7, 8,
		       "    1 | \\x1b[2J\\xff\\x00 x\n"
		       "      |                 ^\n");
}

static void test_invisible_characters_are_named(void **state)
{
	expect_snippet(*state,
		       STR_LIT("a\xe2\x80\x8b\xc2\xa0"
			       "b\n"),
		       1, 4,
		       "    1 | a<U+200B><U+00A0>b\n"
		       "      |  ^~~~~~~~\n");
}

static void test_empty_span(void **state)
{
	expect_snippet(*state, STR_LIT("ab\n"), 1, 1,
		       "    1 | ab\n"
		       "      |  ^\n");
}

static void test_span_at_the_end_of_a_line(void **state)
{
	expect_snippet(*state, STR_LIT("a =\r\nb"), 3, 3,
		       "    1 | a =\n"
		       "      |    ^\n");
}

static void test_span_at_the_end_of_the_file(void **state)
{
	expect_snippet(*state, STR_LIT("a\n"), 2, 2,
		       "    2 | \n"
		       "      | ^\n");
}

static void test_span_over_lines_ends_with_the_first(void **state)
{
	expect_snippet(*state, STR_LIT("a = b\n  c\n"), 4, 9,
		       "    1 | a = b\n"
		       "      |     ^\n");
}

static void test_long_line_numbers(void **state)
{
	struct fixture *f = *state;
	struct strbuf buf;

	strbuf_init(&buf, 200000);
	for (int i = 0; i < 123455; i++)
		strbuf_addc(&buf, '\n');
	strbuf_adds(&buf, "ab\n");
	expect_snippet(f, strbuf_view(&buf), 123456, 123457,
		       "123456 | ab\n"
		       "       |  ^\n");
	strbuf_fini(&buf);
}

static void test_span_within_a_character(void **state)
{
	expect_snippet(*state, STR_LIT("\xc3\xa9z"), 1, 2,
		       "    1 | \xc3\xa9z\n"
		       "      | ^\n");
}

/* A line of `len` times 'x' with one 'W' at `at`. */
static const char *long_line(struct fixture *f, size_t len, uint32_t at, uint32_t hi)
{
	char *line = arena_alloc(f->arena, len);
	const struct source *src;

	memset(line, 'x', len);
	line[at] = 'W';
	src = source_add_text(f->set, "f", (struct str){line, len});
	diag_add(f->queue, RULE_MC101, (struct span){src->id, at, hi}, "m");
	return strchr(human(f, plain), '\n') + 1;
}

static void test_longest_line_is_whole(void **state)
{
	const char *got = long_line(*state, LIMIT_SHOWN_LINE, 50, 51);

	assert_int_equal(strcspn(got, "\n"), strlen("    1 | ") + LIMIT_SHOWN_LINE);
	assert_null(strstr(got, "..."));
}

static void test_longer_line_is_cut(void **state)
{
	const char *got = long_line(*state, 5000, 3000, 4900);
	const char *marks = strchr(got, '\n') + 1;
	const char *caret = strchr(marks, '^');

	assert_int_equal(strcspn(got, "\n"),
			 strlen("    1 | ") + 3 + LIMIT_SHOWN_LINE + 3);
	/* The caret stands below the W, and the tildes end with the line. */
	assert_int_equal(got[caret - marks], 'W');
	assert_int_equal(strcspn(marks, "\n"), strlen("    1 | ") + 3 + LIMIT_SHOWN_LINE);
}

static void test_cut_at_both_ends_of_a_line(void **state)
{
	const char *got = long_line(*state, LIMIT_SHOWN_LINE + 1, 0, 1);

	assert_int_equal(got[strlen("    1 | ")], 'W');
	assert_non_null(strstr(got, "x...\n"));
}

static void test_cut_line_is_filled_from_its_end(void **state)
{
	const char *got = long_line(*state, 1000, 999, 1000);
	const char *end = strchr(got, '\n');

	assert_int_equal(end - got, strlen("    1 | ...") + LIMIT_SHOWN_LINE);
	assert_int_equal(end[-1], 'W');
}

static void test_cut_does_not_split_characters(void **state)
{
	struct fixture *f = *state;
	struct strbuf buf;
	const struct source *src;

	strbuf_init(&buf, 10000);
	for (int i = 0; i < 1000; i++)
		strbuf_adds(&buf, "\xe2\x82\xac"); /* the euro sign */
	src = source_add_text(f->set, "f", strbuf_view(&buf));
	for (uint32_t lo = 0; lo < 3000; lo += 97)
		diag_add(f->queue, RULE_MC101, (struct span){src->id, lo, lo + 1}, "m");
	assert_null(strstr(human(f, plain), "\\x"));
	strbuf_fini(&buf);
}

static void test_messages_cannot_drive_the_terminal(void **state)
{
	struct fixture *f = *state;

	diag_add(f->queue, RULE_MC101, SPAN_NONE, "%s", "a\n\tb\033[31m\xff");
	assert_string_equal(human(f, plain), "mcc: warning: a\\n\\tb\\x1b[31m\\xff "
					     "[MC101 duplicate-parameter]\n1 warning\n");
}

static void test_gcc(void **state)
{
	struct fixture *f = *state;
	const struct source *src = source_add_text(f->set, "main.cf", STR_LIT("a\nbb\n"));
	struct diag *d;
	FILE *out;

	d = diag_add(f->queue, RULE_MC101, (struct span){src->id, 3, 4}, "twice");
	diag_relate(f->queue, d, (struct span){src->id, 0, 1}, "here");
	diag_add(f->queue, RULE_MC1303, SPAN_NONE, "no DNS");
	diag_sort(f->queue);
	out = open_memstream(&f->out, &f->out_len);
	diag_render_gcc(out, f->queue, f->set);
	fclose(out);
	assert_string_equal(f->out,
			    "mcc: note: unverified: no DNS [MC1303 not-evaluated]\n"
			    "main.cf:2:2: warning: twice [MC101 duplicate-parameter]\n"
			    "main.cf:1:1: note: here\n");
}

static json_t *json_of(struct fixture *f)
{
	FILE *out = open_memstream(&f->out, &f->out_len);
	json_t *root;

	diag_sort(f->queue);
	diag_render_json(out, f->queue, f->set, "3.11");
	fclose(out);
	root = json_loads(f->out, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	return root;
}

/* One object, as compact text with sorted keys. */
static void expect_json(json_t *value, const char *expected)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

	assert_string_equal(text, expected);
	free(text);
}

static void test_json(void **state)
{
	struct fixture *f = *state;
	const struct source *src =
		source_add_text(f->set, "main.cf", STR_LIT("a = 1\na = 2\n"));
	struct diag *d =
		diag_add(f->queue, RULE_MC101, (struct span){src->id, 6, 11}, "m");
	json_t *root;

	diag_relate(f->queue, d, (struct span){src->id, 0, 1}, "first");
	diag_relate(f->queue, d, SPAN_NONE, "built in");
	diag_fix(f->queue, d, "drop");
	diag_edit(f->queue, d, (struct span){src->id, 0, 6}, "");
	root = json_of(f);
	expect_json(
		json_array_get(json_object_get(root, "diagnostics"), 0),
		"{\"column\":1,\"end_column\":6,\"end_line\":2,\"file\":\"main.cf\","
		"\"fix\":{\"description\":\"drop\",\"edits\":[{\"column\":1,\"end_column\":1,"
		"\"end_line\":2,\"file\":\"main.cf\",\"line\":1,\"text\":\"\"}]},"
		"\"line\":2,\"message\":\"m\",\"name\":\"duplicate-parameter\","
		"\"related\":[{\"column\":1,\"file\":\"main.cf\",\"line\":1,"
		"\"message\":\"first\"},{\"message\":\"built in\"}],\"rule\":\"MC101\","
		"\"severity\":\"warning\"}");
	expect_json(json_object_get(root, "summary"),
		    "{\"error\":0,\"note\":0,\"unverified\":0,\"warning\":1}");
	expect_json(json_object_get(root, "schema"), "\"mcc-diagnostics/1\"");
	expect_json(json_object_get(root, "postfix"), "\"3.11\"");
	json_decref(root);
}

static void test_json_of_nothing(void **state)
{
	json_t *root = json_of(*state);

	expect_json(json_object_get(root, "diagnostics"), "[]");
	json_decref(root);
}

static void test_json_without_place(void **state)
{
	struct fixture *f = *state;
	json_t *root;

	diag_add(f->queue, RULE_MC1303, SPAN_NONE, "bad \xff \xc0\xaf \xed\xa0\x80");
	root = json_of(f);
	expect_json(json_array_get(json_object_get(root, "diagnostics"), 0),
		    "{\"message\":\"bad \\\\xff \\\\xc0\\\\xaf \\\\xed\\\\xa0\\\\x80\","
		    "\"name\":\"not-evaluated\",\"rule\":\"MC1303\","
		    "\"severity\":\"unverified\"}");
	json_decref(root);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_everything),
		TEST(test_nothing),
		TEST(test_no_place),
		TEST(test_most_shown),
		TEST(test_most_shown_exactly),
		TEST(test_colour),
		TEST(test_tabs_stay_aligned),
		TEST(test_tab_inside_the_span),
		TEST(test_utf8_is_kept),
		TEST(test_hostile_bytes_are_escaped),
		TEST(test_invisible_characters_are_named),
		TEST(test_empty_span),
		TEST(test_span_at_the_end_of_a_line),
		TEST(test_span_at_the_end_of_the_file),
		TEST(test_span_over_lines_ends_with_the_first),
		TEST(test_long_line_numbers),
		TEST(test_span_within_a_character),
		TEST(test_longest_line_is_whole),
		TEST(test_longer_line_is_cut),
		TEST(test_cut_at_both_ends_of_a_line),
		TEST(test_cut_line_is_filled_from_its_end),
		TEST(test_cut_does_not_split_characters),
		TEST(test_messages_cannot_drive_the_terminal),
		TEST(test_gcc),
		TEST(test_json),
		TEST(test_json_of_nothing),
		TEST(test_json_without_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
