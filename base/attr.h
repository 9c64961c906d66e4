/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compiler attributes and assertions. The only place where language
 * extensions are named; everything else is C17 and POSIX.1-2008.
 */
#ifndef MCC_BASE_ATTR_H
#define MCC_BASE_ATTR_H

#define MCC_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define MCC_MUST_CHECK __attribute__((warn_unused_result))
#define MCC_NORETURN _Noreturn
#define MCC_UNUSED __attribute__((unused))

/* Defined in builds with AddressSanitizer: gcc's sign, given to clang too. */
#if defined(__has_feature) && !defined(__SANITIZE_ADDRESS__)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

/* Number of elements of a true array (never of a pointer). */
#define array_len(a) (sizeof(a) / sizeof((a)[0]))

/*
 * A broken promise of our own code. Stays in release builds: a wrong answer
 * about somebody's mail is worse than no answer. Never for user input.
 */
#define MCC_ASSERT(cond) ((cond) ? (void)0 : mcc_assert_fail(#cond, __FILE__, __LINE__))

MCC_NORETURN void mcc_assert_fail(const char *cond, const char *file, int line);

#endif
