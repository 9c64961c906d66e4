/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cdb files, https://cr.yp.to/cdb/cdb.txt: 256 pairs of offset and slots, one a
 * table; records (length of key and of value, both); the tables, whose slots
 * are pairs of hash and offset of a record. Numbers are 32 bits, little-endian.
 */
#ifndef MCC_RUNTIME_CDB_FORMAT_H
#define MCC_RUNTIME_CDB_FORMAT_H

#include <stdint.h>

#include "base/str.h"

enum { CDB_TABLES = 256, CDB_PAIR = 8, CDB_HEADER = CDB_TABLES * CDB_PAIR };

/* The low eight bits tell the table, the others the slot to begin at. */
uint32_t cdb_key_hash(struct str key);

#endif
