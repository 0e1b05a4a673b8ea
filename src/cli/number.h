/* SPDX-License-Identifier: MIT
 *
 * cli/number.h - numbers as people write them on a command line.
 */
#ifndef SYNFIN_CLI_NUMBER_H
#define SYNFIN_CLI_NUMBER_H

#include "synfin/types.h"

/* A whole number in [least, most]; false, and nothing written, for anything else. */
bool cli_number(const char *text, uint64_t least, uint64_t most, uint64_t *number);

/* A size: a number, or one with K, M, G or T behind it (powers of 1024). */
bool cli_octets(const char *text, uint64_t *octets);

/* Seconds, "2" or "0.25", up to a year. */
bool cli_seconds(const char *text, sf_span *span);

/* An address with or without the bits of its net: "10.9.8.2/24"; without: 24 or 64. */
bool cli_address(const char *text, struct sf_addr *addr, uint8_t *prefix);

#endif
