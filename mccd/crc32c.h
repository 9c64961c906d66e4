/* SPDX-License-Identifier: BSD-2-Clause */
/* CRC-32C (Castagnoli, RFC 3720 appendix B.4), for damage, not for attacks. */
#ifndef MCC_MCCD_CRC32C_H
#define MCC_MCCD_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Continues `crc`; 0 begins. */
uint32_t crc32c(uint32_t crc, const void *data, size_t len);
/* The same, as processors without an instruction for it do it. */
uint32_t crc32c_by_table(uint32_t crc, const void *data, size_t len);

#endif
