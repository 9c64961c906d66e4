/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program `sendmail`: reads a message from standard input and submits it
 * to the running daemon over SMTP.
 */
#ifndef MCC_MCCD_SUBMIT_H
#define MCC_MCCD_SUBMIT_H

#include "base/attr.h"

/* argv[0] is the program's or command's name. Returns a status of sysexits(3):
 * 0, 64 usage, 65 message or address refused, 69 no daemon, 75 try again. */
int submit_main(int argc, char **argv) MCC_MUST_CHECK;

#endif
