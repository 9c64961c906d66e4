/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every bound on what input can make the programs do, with its reason. A test
 * stands at each bound and one above it.
 */
#ifndef MCC_BASE_LIMITS_H
#define MCC_BASE_LIMITS_H

enum {
	/* A main.cf is some KiB, the largest table in the field some hundred
	 * MiB; offsets in spans are 32 bits. */
	LIMIT_SOURCE_FILE = 1 << 30,
	/* Text of one source that is held in memory by those who can do with
	 * less (source_add_large). */
	LIMIT_SOURCE_HELD = 96 << 20,
	/* Main.cf and master.cf: beyond this it is not a configuration. */
	LIMIT_CONFIG_FILE = 16 << 20,
	/* Postfix's own nesting limit for $name (also catches self reference). */
	LIMIT_MACRO_DEPTH = 100,
	/* Braces within one value; the parser keeps a stack. */
	LIMIT_BRACE_DEPTH = 200,
	/* Rows of a table that is being compiled, held in memory: with what
	 * sorting them takes a third of a GiB at the very most. More rows
	 * go to files beside the database. */
	LIMIT_ROWS_HELD = 96 << 20,
	/* What the files named by one row of `mcc map -F` hold. */
	LIMIT_TABLE_FILES = 16 << 20,
	/* An expanded value: doubling references must not fill the memory. */
	LIMIT_EXPANDED_VALUE = 1 << 20,
	/* All values of a site together, with the places of their parts. */
	LIMIT_EXPANDED_TOTAL = 16 << 20,
	/* Values of main.cf that are others in a service, all services together:
	 * a large master.cf has a hundred services with some dozens each. */
	LIMIT_DERIVED_SETTINGS = 50000,
	/* Parts of one value that came from different places. */
	LIMIT_EXPANDED_PIECES = 1 << 14,
	/* Diagnostics shown of one run for people; JSON has them all. */
	LIMIT_DIAG_SHOWN = 200,
	/* Diagnostics kept at all; later ones are counted, not kept. */
	LIMIT_DIAG_KEPT = 100000,
	/* What one site adds to the product of a check: with LIMIT_DIAG_KEPT
	 * findings, each with its line, some hundred MiB. A site that came to
	 * more would count as not checked. */
	LIMIT_CHECK_RESULT = 1 << 30,
	/* Processes that check sites; sites whose results wait for an earlier
	 * one's, which bounds what has to be kept. */
	LIMIT_CHECK_JOBS = 256,
	LIMIT_CHECK_AHEAD = 512,
	LIMIT_CHECK_WAITING = 64 << 20, /* bytes of such results */
	/* A fix may bring up the next finding; edits of one round. */
	LIMIT_FIX_ROUNDS = 10,
	LIMIT_FIX_EDITS = 10000,
	/* A file of accepted findings; the bytes of a line that tell them apart. */
	LIMIT_BASELINE = 64 << 20,
	LIMIT_BASELINE_TEXT = 200,
	/* One parse error per line is enough of a binary file. */
	LIMIT_SYNTAX_ERRORS = 50,
	/* virtual_alias_recursion_limit and _expansion_limit have Postfix's
	 * defaults of 1000; alias nesting in local(8) is 100. */
	LIMIT_ALIAS_DEPTH = 100,
	LIMIT_ALIAS_MEMBERS = 10000,
	/* Parts of a POSIX expression once its repetitions are written out, and
	 * loops, whose square the C library looks at: together they take it
	 * half a second and 100 MiB at most. Parentheses in each other. */
	LIMIT_REGEX_SIZE = 1 << 16,
	LIMIT_REGEX_LOOPS = 1000,
	LIMIT_REGEX_DEPTH = 200,
	/* Answers of one randmap. */
	LIMIT_RANDMAP_VALUES = 1000,
	/* access(5) results that name restrictions: as smtpd_check. */
	LIMIT_POLICY_DEPTH = 100,
	/* Words of restriction lists and the classes in them that the search for
	 * a relay control looks at; smtpd itself has no bound. */
	LIMIT_POLICY_WORDS = 100000,
	/* Files of patterns that name files of patterns. */
	LIMIT_MATCH_FILES = 16,
	/* Rows above that a row of a cidr: table is compared with. */
	LIMIT_CIDR_COMPARED = 2000,
	/* The text of a table that a trace reads although there is a database:
	 * some ten milliseconds of parsing. */
	LIMIT_TRACE_TEXT = 1 << 20,
	/* Runtime configuration file. */
	LIMIT_RUNTIME_JSON = 64 << 20,
	/* An address in a command, RFC 5321 4.5.3.1.3 allows 256. */
	LIMIT_ADDRESS = 1024,
	/* SMTP command line: Postfix's line_length_limit. */
	LIMIT_SMTP_COMMAND = 2048,
	/* Recipients of one message: smtpd_recipient_limit's default. */
	LIMIT_RECIPIENTS = 1000,
	/* RFC 7208 4.6.4. */
	LIMIT_SPF_LOOKUPS = 10,
	LIMIT_SPF_VOID = 2,
	LIMIT_SPF_NAMES = 10,
	/* Networks that the records below one domain come to; records looked at
	 * for it, and depth: honest trees stay far below 10 lookups. */
	LIMIT_SPF_NETS = 20000,
	LIMIT_SPF_MAP_NODES = 400,
	LIMIT_SPF_MAP_DEPTH = 20,
	/* A domain-spec expanded, before it is cut to 253 octets. */
	LIMIT_SPF_EXPANDED = 1 << 16,
	/* CNAME links followed for one question. */
	LIMIT_CNAME_CHAIN = 12,
	/* A recording of DNS answers: about a million of them. */
	LIMIT_DNS_RECORDING = 256 << 20,
	/* A zone file with what it includes, one line of it with its
	 * continuations (an RDATA of 65535 octets as `\\ddd`), and the depth of
	 * $INCLUDE. */
	LIMIT_ZONE_FILE = 256 << 20,
	LIMIT_ZONE_LINE = 4 * 65536,
	LIMIT_ZONE_INCLUDE = 16,
	/* Servers one resolver asks; TCP connections it holds at once. */
	LIMIT_DNS_SERVERS = 16,
	LIMIT_DNS_TCP = 128,
	/* Names longer than this are not compared for "did you mean": the work
	 * is the product of both lengths and no parameter is half as long. */
	LIMIT_SUGGEST_LENGTH = 128,
	/* Names of one site that are: so many are no misspellings. */
	LIMIT_SUGGESTED_NAMES = 500,
	/* Folders within folders that are removed with their tree. */
	LIMIT_TREE_DEPTH = 64,
	/* Bytes of a line shown under a message; longer lines are cut. */
	LIMIT_SHOWN_LINE = 110,
	/* One line of the log, with its end. */
	LIMIT_LOG_LINE = 2048,
	/* Generations kept in the output folder. */
	LIMIT_GENERATIONS = 5
};

#endif
