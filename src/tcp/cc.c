/* SPDX-License-Identifier: MIT
 *
 * tcp/cc.c - which table of functions an algorithm is.
 */
#include "tcp/cc.h"

const struct sf_cc_ops *sf_cc_ops(enum sf_cc_kind kind)
{
    static const struct sf_cc_ops *const all[] = {
        [SF_CC_NEWRENO] = &sf_cc_newreno,
    };

    SF_ASSERT((unsigned)kind < sizeof(all) / sizeof(all[0]));
    return all[kind];
}
