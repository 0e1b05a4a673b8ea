/* SPDX-License-Identifier: MIT
 *
 * tests/unit/run/kernel.h - a network namespace for the test, with the kernel in it.
 */
#ifndef SYNFIN_TESTS_UNIT_RUN_KERNEL_H
#define SYNFIN_TESTS_UNIT_RUN_KERNEL_H

/* A setup function of cmocka's: moves the test into a network namespace of its own.  Says
 * what is missing and fails where that is not allowed. */
int kernel_unshare(void **state);

#endif
