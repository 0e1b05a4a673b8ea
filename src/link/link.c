/* SPDX-License-Identifier: MIT
 *
 * link/link.c - what is the same for every link.
 */
#include "synfin/link.h"

void sf_link_close(struct sf_link *link)
{
    if (link != NULL) {
        link->ops->close(link);
    }
}

enum sf_err sf_link_flush(struct sf_link *link)
{
    if (link->ops->flush != NULL) {
        link->ops->flush(link);
    }
    return link->error;
}
