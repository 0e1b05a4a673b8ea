/* SPDX-License-Identifier: MIT
 *
 * bench/lwip/arch/cc.h - what lwIP asks of a platform.
 */
#ifndef BENCH_LWIP_CC_H
#define BENCH_LWIP_CC_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define LWIP_PLATFORM_DIAG(x)
#define LWIP_PLATFORM_ASSERT(x) abort()
#define LWIP_NOASSERT           1
#define LWIP_RAND()             ((uint32_t)rand())

/* The internet checksum with vectors, as our own has it. */
uint16_t bench_chksum(const void *data, int octets);

#endif
