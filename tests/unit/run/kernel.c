/* SPDX-License-Identifier: MIT
 *
 * tests/unit/run/kernel.c - a network namespace for the test, with the kernel in it.
 */
#include "kernel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "synfin/net.h"

int kernel_unshare(void **state)
{
    enum sf_err err = sf_net_unshare();
    int os_error = errno;

    (void)state;
    if (err != SF_OK) {
        printf("# no network namespace can be made (error %d, %s): needs root or user "
               "namespaces\n",
               (int)err, strerror(os_error));
        return -1;
    }
    return 0;
}
