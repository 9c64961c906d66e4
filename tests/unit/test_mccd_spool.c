/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The spool on a folder of its own: what is written comes back; every cut and
 * every flipped bit is seen; what is no message is called damage.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/status.h"
#include "mccd/crc32c.h"
#include "mccd/spool.h"

struct fixture {
	char dir[64];
	int fd;
	struct spool *spool;
	struct arena *arena;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	snprintf(f->dir, sizeof(f->dir), "/tmp/test_spool.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->fd = open(f->dir, O_RDONLY | O_DIRECTORY);
	assert_int_equal(spool_open(f->fd, &f->spool), 0);
	f->arena = arena_new(0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	spool_close(f->spool);
	close(f->fd);
	arena_free(f->arena);
	assert_int_equal(fs_remove_tree(AT_FDCWD, f->dir), 0);
	free(f);
	return 0;
}

static struct spool_message *sample(struct arena *arena, const char *id)
{
	struct spool_message *m = arena_alloc(arena, sizeof(*m));
	static const char *recipients[] = {"u@x.example", "weird \"one\n@y.example"};

	m->arena = arena;
	m->id = id;
	m->sender = "s@z.example";
	m->recipients = recipients;
	m->recipient_count = array_len(recipients);
	m->has_targets = arena_array(arena, m->recipient_count, sizeof(bool));
	m->client_address = "192.0.2.1";
	m->client_name = "mail.z.example";
	m->helo = "z.example";
	m->arrived = 1700000000;
	m->origin = "";
	return m;
}

static const char content[] = "Subject: x\n\nbody\n.\n";

static void create(struct fixture *f, struct spool_message *m)
{
	assert_int_equal(spool_create(f->spool, m, -1, 0, STR_LIT(content)), 0);
	assert_int_equal(spool_sync(f->spool), 0);
}

static int load(struct fixture *f, const char *id, struct spool_message **out,
		int *out_fd)
{
	char err[200] = "";

	return spool_load(f->spool, f->arena, id, out, out_fd, err, sizeof(err));
}

static void add_target(struct spool_message *m, size_t recipient, const char *address)
{
	struct spool_target *t = spool_new_target(m);

	assert_non_null(t);
	t->recipient = recipient;
	t->address = address;
	t->transport = "smtp";
	t->nexthop = "[mx.example]:25";
}

/* Two flushes: targets, then results and state. */
static void write_records(struct fixture *f, int fd, struct spool_message *m)
{
	struct spool_record record;
	bool changed[3] = {true, true, true};

	add_target(m, 0, "u@x.example");
	add_target(m, 1, "v@x.example");
	add_target(m, 1, "w@y.example");
	spool_record_init(&record);
	spool_add_targets(&record, m, 0, 0, 1);
	spool_add_targets(&record, m, 1, 1, 2);
	assert_int_equal(spool_flush(f->spool, fd, m, &record), 0);
	m->targets[0].state = SPOOL_DONE;
	m->targets[0].dsn = "2.0.0";
	for (size_t i = 1; i < 3; i++) {
		m->targets[i].dsn = "4.4.1";
		m->targets[i].text = "connect to y.example: refused";
		m->targets[i].remote = "y.example";
	}
	m->attempts = 3;
	m->next_try = 1700000900;
	m->age = 55;
	m->recorded = 1700000055;
	m->warned = true;
	spool_record_init(&record);
	spool_add_results(&record, m, changed);
	spool_add_state(&record, m);
	assert_int_equal(spool_flush(f->spool, fd, m, &record), 0);
}

static void test_crc(void **state)
{
	unsigned char bytes[80];

	(void)state;
	/* RFC 3720 B.4: "123456789" is the usual check value. */
	assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
	assert_int_equal(crc32c(crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
	assert_int_equal(crc32c_by_table(0, "123456789", 9), 0xe3069283);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 37 + 11);
	for (size_t from = 0; from < 16; from++)
		for (size_t len = 0; from + len <= sizeof(bytes); len++)
			assert_int_equal(crc32c(7, bytes + from, len),
					 crc32c_by_table(7, bytes + from, len));
}

static void test_round_trip(void **state)
{
	struct fixture *f = *state;
	struct spool_message *m = sample(f->arena, "A1");
	struct spool_message *got;
	int fd;

	create(f, m);
	assert_int_equal(load(f, "A1", &got, &fd), 0);
	assert_string_equal(got->sender, "s@z.example");
	assert_int_equal(got->recipient_count, 2);
	assert_string_equal(got->recipients[1], m->recipients[1]);
	assert_int_equal(got->arrived, 1700000000);
	assert_int_equal(got->content_size, sizeof(content) - 1);
	assert_int_equal(got->attempts, 0);
	assert_int_equal(spool_verify(fd, got), 0);
	write_records(f, fd, got);
	close(fd);

	assert_int_equal(load(f, "A1", &got, NULL), 0);
	assert_int_equal(got->target_count, 3);
	assert_int_equal(got->targets[0].state, SPOOL_DONE);
	assert_int_equal(got->targets[2].state, SPOOL_PENDING);
	assert_string_equal(got->targets[2].address, "w@y.example");
	assert_string_equal(got->targets[2].text, "connect to y.example: refused");
	assert_int_equal(got->targets[1].recipient, 1);
	assert_string_equal(got->targets[1].nexthop, "[mx.example]:25");
	assert_true(got->has_targets[0] && got->has_targets[1]);
	assert_int_equal(got->attempts, 3);
	assert_int_equal(got->next_try, 1700000900);
	assert_int_equal(got->age, 55);
	assert_true(got->warned);
	assert_false(got->hold);
}

static void test_content_descriptor(void **state)
{
	struct fixture *f = *state;
	struct spool_message *m = sample(f->arena, "A2");
	char buf[64] = "";
	int fd;

	create(f, m);
	assert_int_equal(spool_open_content(f->spool, "A2", &fd), 0);
	assert_int_equal(pread(fd, buf, sizeof(buf), m->content_at), sizeof(content) - 1);
	assert_string_equal(buf, content);
	assert_int_equal(write(fd, "x", 1), -1);
	close(fd);
}

static void test_create_refuses(void **state)
{
	struct fixture *f = *state;
	struct spool_message *m = sample(f->arena, "A3");
	char path[128];
	int fd;

	create(f, m);
	assert_int_equal(spool_create(f->spool, m, -1, 0, STR_LIT("x")), MCC_EEXIST);
	m->id = "../x";
	assert_int_equal(spool_create(f->spool, m, -1, 0, STR_LIT("x")), MCC_EINVAL);
	m->id = "";
	assert_int_equal(spool_create(f->spool, m, -1, 0, STR_LIT("x")), MCC_EINVAL);
	/* The submitter promises more bytes than its file has. */
	m->id = "A4";
	snprintf(path, sizeof(path), "%s/short", f->dir);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	assert_int_equal(write(fd, "abc", 3), 3);
	assert_int_equal(spool_create(f->spool, m, fd, 4, STR_LIT("")), MCC_EIO);
	assert_int_equal(spool_create(f->spool, m, fd, 3, STR_LIT("")), 0);
	close(fd);
	snprintf(path, sizeof(path), "%s/tmp", f->dir);
	assert_int_equal(rmdir(path), 0); /* nothing is left in tmp/ */
	assert_int_equal(mkdir(path, 0700), 0);
}

static char *slurp(const char *path, size_t *out_size)
{
	FILE *file = fopen(path, "rb");
	char *buf = malloc(65536);

	assert_non_null(file);
	assert_non_null(buf);
	*out_size = fread(buf, 1, 65536, file);
	fclose(file);
	return buf;
}

static void spill(const char *path, const char *buf, size_t size)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(buf, 1, size, file), size);
	fclose(file);
}

/* The whole file with records in a buffer; boundary positions out. */
static char *recorded_file(struct fixture *f, char path[128], size_t *out_size,
			   off_t *out_content_end, off_t *out_first_end)
{
	struct spool_message *m = sample(f->arena, "B1");
	struct spool_message *got;
	struct spool_record record;
	int fd;

	create(f, m);
	assert_int_equal(load(f, "B1", &got, &fd), 0);
	*out_content_end = got->end;
	write_records(f, fd, got);
	got->attempts = 4;
	*out_first_end = got->end;
	spool_record_init(&record);
	spool_add_state(&record, got);
	assert_int_equal(spool_flush(f->spool, fd, got, &record), 0);
	close(fd);
	snprintf(path, 128, "%s/queue/B1", f->dir);
	return slurp(path, out_size);
}

static void test_every_cut(void **state)
{
	struct fixture *f = *state;
	char path[128];
	size_t size;
	off_t content_end;
	off_t last;
	char *whole = recorded_file(f, path, &size, &content_end, &last);

	for (size_t cut = 0; cut < size; cut++) {
		struct spool_message *got;
		int status;

		spill(path, whole, cut);
		status = load(f, "B1", &got, NULL);
		if ((off_t)cut < content_end)
			assert_int_equal(status, MCC_EFORMAT);
		else
			assert_int_equal(status, 0);
		if (status == 0)
			assert_int_equal(got->attempts,
					 (off_t)cut < last ? 0 + 3 * (got->end == last)
							   : 3);
	}
	free(whole);
}

/* A torn last record goes away for good once the next one is written. */
static void test_torn_record_is_replaced(void **state)
{
	struct fixture *f = *state;
	char path[128];
	size_t size;
	off_t content_end;
	off_t last;
	char *whole = recorded_file(f, path, &size, &content_end, &last);
	struct spool_message *got;
	struct spool_record record;
	int fd;

	whole[size - 12] ^= 1; /* inside the last record */
	spill(path, whole, size);
	assert_int_equal(load(f, "B1", &got, &fd), 0);
	assert_int_equal(got->attempts, 3);
	got->attempts = 9;
	spool_record_init(&record);
	spool_add_state(&record, got);
	assert_int_equal(spool_flush(f->spool, fd, got, &record), 0);
	close(fd);
	assert_int_equal(load(f, "B1", &got, NULL), 0);
	assert_int_equal(got->attempts, 9);
	free(whole);
}

static void test_every_flipped_bit(void **state)
{
	struct fixture *f = *state;
	char path[128];
	size_t size;
	off_t content_end;
	off_t last;
	char *whole = recorded_file(f, path, &size, &content_end, &last);

	for (size_t i = 0; i < size * 8; i++) {
		struct spool_message *got;
		off_t at = (off_t)(i / 8);
		int status;
		int fd = -1;

		whole[at] = (char)(whole[at] ^ (1 << i % 8));
		spill(path, whole, size);
		whole[at] = (char)(whole[at] ^ (1 << i % 8));
		status = load(f, "B1", &got, &fd);
		if (status == 0) {
			bool in_content = at < content_end;

			/* Only the content and the last record may pass here;
			 * the first is found by its checksum, the second is
			 * taken for torn. */
			assert_true(in_content || at >= last);
			if (in_content)
				assert_int_equal(spool_verify(fd, got), MCC_EFORMAT);
			else
				assert_int_equal(got->attempts, 3);
			close(fd);
		} else {
			assert_int_equal(status, MCC_EFORMAT);
		}
		arena_reset(f->arena);
	}
	free(whole);
}

static void count_name(const char *name, void *arg)
{
	(void)name;
	++*(unsigned *)arg;
}

static void test_what_is_no_message(void **state)
{
	struct fixture *f = *state;
	struct spool_message *got;
	char path[128];
	char target[128];
	unsigned count = 0;

	create(f, sample(f->arena, "C0"));
	snprintf(target, sizeof(target), "%s/queue/C0", f->dir);
	snprintf(path, sizeof(path), "%s/queue/link", f->dir);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(load(f, "link", &got, NULL), MCC_EFORMAT);
	snprintf(path, sizeof(path), "%s/queue/folder", f->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(load(f, "folder", &got, NULL), MCC_EFORMAT);
	snprintf(path, sizeof(path), "%s/queue/fifo", f->dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(load(f, "fifo", &got, NULL), MCC_EFORMAT);
	snprintf(path, sizeof(path), "%s/queue/empty", f->dir);
	spill(path, "", 0);
	assert_int_equal(load(f, "empty", &got, NULL), MCC_EFORMAT);
	snprintf(path, sizeof(path), "%s/queue/copy", f->dir);
	assert_int_equal(link(target, path), 0); /* two links now */
	assert_int_equal(load(f, "C0", &got, NULL), MCC_EFORMAT);
	assert_int_equal(unlink(target), 0);
	assert_int_equal(load(f, "copy", &got, NULL), MCC_EFORMAT); /* wrong name */
	assert_int_equal(load(f, "absent", &got, NULL), MCC_ENOENT);
	assert_int_equal(load(f, "a.b", &got, NULL), MCC_EFORMAT);
	if (geteuid() == 0) {
		snprintf(path, sizeof(path), "%s/queue/C1", f->dir);
		create(f, sample(f->arena, "C1"));
		assert_int_equal(chown(path, 65534, 65534), 0);
		assert_int_equal(load(f, "C1", &got, NULL), MCC_EFORMAT);
		assert_int_equal(spool_set_aside(f->spool, "C1"), 0);
	}
	assert_int_equal(spool_set_aside(f->spool, "folder"), 0);
	assert_int_equal(spool_set_aside(f->spool, "fifo"), 0);
	assert_int_equal(spool_set_aside(f->spool, "link"), 0);
	assert_int_equal(spool_each(f->spool, count_name, &count), 0);
	assert_int_equal(count, 2); /* empty, copy */
	/* The same name once more finds a free place. */
	snprintf(path, sizeof(path), "%s/queue/folder", f->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(spool_set_aside(f->spool, "folder"), 0);
}

static void test_many_targets_share_a_result(void **state)
{
	struct fixture *f = *state;
	struct spool_message *m = sample(f->arena, "D1");
	struct spool_message *got;
	struct spool_record record;
	bool changed[1000];
	int fd;

	create(f, m);
	assert_int_equal(load(f, "D1", &m, &fd), 0);
	for (size_t i = 0; i < 1000; i++) {
		add_target(m, 0, arena_printf(f->arena, "u%zu@x.example", i));
		m->targets[i].text = i % 10 ? "same" : "other";
		changed[i] = i != 5;
	}
	spool_record_init(&record);
	spool_add_targets(&record, m, 0, 0, 1000);
	assert_int_equal(spool_flush(f->spool, fd, m, &record), 0);
	for (size_t i = 0; i < 1000; i++)
		m->targets[i].text = i % 10 ? "same now" : "other now";
	spool_record_init(&record);
	spool_add_results(&record, m, changed);
	assert_true(record.buf.len < 3000);
	assert_int_equal(spool_flush(f->spool, fd, m, &record), 0);
	close(fd);
	assert_int_equal(load(f, "D1", &got, NULL), 0);
	assert_int_equal(got->target_count, 1000);
	for (size_t i = 0; i < 1000; i++)
		assert_string_equal(got->targets[i].text, i == 5   ? "same"
							  : i % 10 ? "same now"
								   : "other now");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crc),
		cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(test_content_descriptor, setup, teardown),
		cmocka_unit_test_setup_teardown(test_create_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_every_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_torn_record_is_replaced, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_every_flipped_bit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_no_message, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_targets_share_a_result, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
