/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recordings: every answer a source gave, as readable text, so that the same
 * run can be had again without a network. Written by record.c, read by
 * replay.c.
 *
 * The file, one answer a block, sorted by question:
 *
 *	mcc-dns-recording 1
 *	ask NAME TYPE STATUS negative=N ad=0|1 ms=N server="..." [cname=NAME]
 *		[open] [detail="..."]          (all on one line)
 *	rr TTL TYPE RDATA                      (zero or more, of that answer)
 *	end COUNT
 *
 * NAME is presentation form with a final dot; text is quoted with `\"`, `\\`
 * and `\ddd`. The last line tells a whole file from a torn one.
 */
#ifndef MCC_DNSCHECK_RECORD_H
#define MCC_DNSCHECK_RECORD_H

#include "dnscheck/name.h"
#include "dnscheck/resolver.h"

#define RECORDING_MAGIC "mcc-dns-recording 1"

struct recording;
struct str;
struct dns_source;

/* `path` is copied. Nothing is written before recording_save(). */
struct recording *recording_new(const char *path);
void recording_add(struct recording *recording, const struct dns_name *name,
		   enum dns_type type, const struct dns_answer *answer, bool is_open);
/* Replaces the file; a status, with a message in err. */
int recording_save(struct recording *recording, char *err,
		   size_t err_size) MCC_MUST_CHECK;
void recording_free(struct recording *recording); /* NULL is allowed */

/* Takes the recording; its answers are saved by resolver_save_recording(). */
void resolver_set_recording(struct resolver *r, struct recording *recording);

/* A source over the text of a recording; for replay and its fuzz target.
 * NULL: damaged, with `LINE: message` in err. */
struct dns_source *replay_new(struct str text, char *err, size_t err_size);

#endif
