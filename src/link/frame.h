/* SPDX-License-Identifier: MIT
 *
 * link/frame.h - what links do with any frame: finish its checksum.
 */
#ifndef SF_LINK_FRAME_H
#define SF_LINK_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "synfin/frame.h"

/* Complete the checksum of a SF_CSUM_PARTIAL frame that lies in one piece: the field at
 * start + offset holds the pseudo-header's sum, and the sum of everything from start on is
 * added (RFC 1071).  A field beyond the octets is left alone. */
void sf_frame_complete(uint8_t *data, size_t octets, uint16_t start, uint16_t offset);

#endif
