/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The spool: one file per message below queue/, named by its queue id, and a
 * journal (journal.h) that makes small new ones durable in groups.
 *
 *	head	64 bytes: magic, format version, length and CRC-32C of the
 *		envelope, length and CRC-32C of the content
 *	envelope	fields: sender, recipients, client, flags
 *	content	the message, LF line ends
 *	records	appended as things happen: what the recipients became, which
 *		are done, when to try again; each with a checksum
 *
 * A file appears whole (tmp/, link) and afterwards only grows. The last record
 * may be torn by a crash and is then dropped; any other damage makes the file
 * corrupt: it is moved to corrupt/, never read again and never a reason to
 * stop. Only one process uses a spool.
 *
 * Times are seconds since 1970 where they are stored.
 */
#ifndef MCC_MCCD_SPOOL_H
#define MCC_MCCD_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/str.h"

struct arena;

#define SPOOL_VERSION 1u
#define SPOOL_HEAD_SIZE 64
/* With LIMIT_RECIPIENTS addresses of LIMIT_ADDRESS bytes and room to spare. */
#define SPOOL_ENVELOPE_MAX (2u << 20)
/* All records of one message; beyond this only results are still recorded,
 * no reasons of deferral (see spool_add_results). */
#define SPOOL_RECORDS_MAX (16u << 20)
#define SPOOL_RECORDS_SOFT (4u << 20)
#define SPOOL_ID_MAX 40

enum spool_target_kind { SPOOL_ADDRESS = 1, SPOOL_COMMAND, SPOOL_FILE, SPOOL_ERROR };

enum spool_target_state {
	SPOOL_PENDING = 1, /* not tried, or deferred */
	SPOOL_DONE,
	SPOOL_FAILED,  /* for good; the sender does not know yet */
	SPOOL_REPORTED /* for good; the sender was told, or must not be */
};

/* One place where a recipient ends after alias expansion. */
struct spool_target {
	enum spool_target_kind kind;
	enum spool_target_state state;
	size_t recipient;      /* index of the recipient it came from */
	const char *address;   /* address, command, file */
	const char *owner;     /* envelope sender instead of the message's; "" none */
	const char *transport; /* not what the address resolves to but this; */
	const char *nexthop;   /* "" both: by the address, anew each time */
	const char *dsn;       /* last result; "" none yet */
	const char *text;
	const char *remote;
	/* of the run, not stored */
	bool busy;
};

struct spool_message {
	struct arena *arena;
	const char *id;
	const char *sender; /* "" is <> */
	const char **recipients;
	bool *has_targets; /* per recipient: expanded and recorded */
	size_t recipient_count;
	const char *client_address;
	const char *client_name;
	const char *helo;
	bool eight_bit;
	bool hold;
	bool unmapped;	    /* no aliases, canonical tables, copies */
	const char *filter; /* transport:nexthop for all recipients; "" none */
	int64_t arrived;
	/* A notice made by the queue itself about this message ("": none), and
	 * which of its targets it reports. */
	const char *origin;
	const uint32_t *covers;
	size_t cover_count;
	/* from records */
	struct spool_target *targets;
	size_t target_count;
	size_t target_room;
	unsigned attempts;
	int64_t next_try; /* 0: never tried */
	int64_t age;	  /* seconds in the queue when last recorded */
	int64_t recorded; /* when that was */
	bool warned;
	/* layout of the file */
	off_t content_at;
	uint64_t content_size;
	uint32_t content_crc;
	off_t end; /* where the next record goes; the file may be longer */
};

struct spool;

/*
 * Makes queue/, tmp/, corrupt/ and journal/ (mode 0700) in the folder where
 * they are missing, empties tmp/ and writes out what the journal holds. The
 * folder is borrowed; its lock, that keeps a second daemon out, is the
 * parent's.
 */
int spool_open(int dirfd, struct spool **out_spool) MCC_MUST_CHECK;
void spool_close(struct spool *spool); /* NULL is allowed */

/* Letters, digits, '-' and '_', at most SPOOL_ID_MAX: what a name may be. */
bool spool_id_is_valid(const char *id);

/*
 * New message. Its content comes from content_fd, offset 0 to `size` (memfd or
 * file), or from `text` when content_fd is negative. It counts as accepted only
 * after spool_sync() has returned 0. Fills in the layout of `message`.
 * MCC_EEXIST, MCC_ENOSPC, MCC_EIO (also: content shorter than `size`); then
 * nothing of it is left.
 */
int spool_create(struct spool *spool, struct spool_message *message, int content_fd,
		 uint64_t size, struct str text) MCC_MUST_CHECK;
/* Makes all messages created so far durable. */
int spool_sync(struct spool *spool) MCC_MUST_CHECK;
/* Whether spool_sync() has something to do. */
bool spool_is_dirty(const struct spool *spool);
/* The message is held by the journal: removing it needs no other record. */
bool spool_is_journaled(const struct spool *spool, const char *id);

/*
 * Reads envelope and records. MCC_EFORMAT: damaged, or not a regular file of
 * our own with one link (reason in err); MCC_ENOENT, MCC_EIO. The file's
 * descriptor (read and write) goes to out_fd when non-NULL.
 */
int spool_load(struct spool *spool, struct arena *arena, const char *id,
	       struct spool_message **out_message, int *out_fd, char *err,
	       size_t err_size) MCC_MUST_CHECK;
/* Compares the content with its checksum. */
int spool_verify(int fd, const struct spool_message *message) MCC_MUST_CHECK;
/* The file once more, read-only, for another process: the content stands at
 * content_at. */
int spool_open_content(struct spool *spool, const char *id, int *out_fd) MCC_MUST_CHECK;

/*
 * Records. Each is appended and, with spool_flush(), synced; a caller may act
 * on it only then. The message in memory is changed by the caller.
 */
struct spool_record {
	struct strbuf buf;
};

void spool_record_init(struct spool_record *record);
/* What recipient `recipient` became: targets [from, from + count). */
void spool_add_targets(struct spool_record *record, const struct spool_message *message,
		       size_t recipient, size_t from, size_t count);
/* State and last result of the targets marked in `changed`; equal results share a record. */
void spool_add_results(struct spool_record *record, const struct spool_message *message,
		       const bool *changed);
/* attempts, next_try, age, recorded, warned, hold */
void spool_add_state(struct spool_record *record, const struct spool_message *message);
/* Appends to the file and syncs it; frees the record. On failure the file's
 * records are as before (the torn end is cut or will be ignored). */
int spool_flush(struct spool *spool, int fd, struct spool_message *message,
		struct spool_record *record) MCC_MUST_CHECK;

/*
 * Removes a finished message; the folder is not synced. The death of the
 * process does not bring it back. A power cut does: with everything recorded
 * as done it is then removed again; one that was still in the journal comes
 * back as it was unless spool_sync() was called since.
 */
int spool_remove(struct spool *spool, const char *id) MCC_MUST_CHECK;
/* Moves an entry to corrupt/ under a free name. */
int spool_set_aside(struct spool *spool, const char *name) MCC_MUST_CHECK;
/* Calls fn for every name in queue/ (any name: what is no id is damage). */
int spool_each(struct spool *spool, void (*fn)(const char *name, void *arg),
	       void *arg) MCC_MUST_CHECK;
/* Bytes free for us on the file system of the spool. */
uint64_t spool_space(const struct spool *spool);

/*
 * The format itself, on bytes (spool_format.c); for the functions above and
 * for tests.
 */
struct spool_head {
	uint32_t envelope_size;
	uint32_t envelope_crc;
	uint64_t content_size;
	uint32_t content_crc;
};

void spool_head_write(const struct spool_head *head, char out[SPOOL_HEAD_SIZE]);
bool spool_head_read(const char in[SPOOL_HEAD_SIZE], struct spool_head *out_head);
void spool_envelope_write(struct strbuf *out, const struct spool_message *message);
bool spool_envelope_read(struct str in, struct spool_message *message);
/*
 * Applies the records in `in` to the message. out_used: bytes up to the end of
 * the last whole record. False: damage that is no torn end.
 */
bool spool_records_read(struct str in, struct spool_message *message, size_t *out_used);
/* Room for one more target; NULL at the limit. */
struct spool_target *spool_new_target(struct spool_message *message);

#endif
