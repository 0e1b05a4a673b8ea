/* SPDX-License-Identifier: MIT
 *
 * base/err.c - errors in words.
 */
#include "synfin/types.h"

const char *sf_err_text(enum sf_err err)
{
    switch (err) {
    case SF_OK:
        return "success";
    case SF_ERR_INVAL:
        return "invalid argument";
    case SF_ERR_STALE:
        return "connection does not exist";
    case SF_ERR_AGAIN:
        return "not now, try again";
    case SF_ERR_EOF:
        return "end of stream: the peer has closed";
    case SF_ERR_CLOSING:
        return "connection closing";
    case SF_ERR_NOT_OPEN:
        return "not connected";
    case SF_ERR_EXISTS:
        return "connection already exists";
    case SF_ERR_ADDR_IN_USE:
        return "address already in use";
    case SF_ERR_ADDR:
        return "address cannot be used";
    case SF_ERR_UNROUTABLE:
        return "no route to the remote address";
    case SF_ERR_NO_PORT:
        return "no free port towards the remote address";
    case SF_ERR_NO_MEMORY:
        return "insufficient resources";
    case SF_ERR_REFUSED:
        return "connection refused";
    case SF_ERR_RESET:
        return "connection reset by the peer";
    case SF_ERR_ABORTED:
        return "connection aborted";
    case SF_ERR_TIMED_OUT:
        return "connection timed out";
    case SF_ERR_USER_TIMEOUT:
        return "connection aborted due to user timeout";
    case SF_ERR_UNREACHABLE:
        return "destination unreachable";
    case SF_ERR_SEED:
        return "the configuration has no seed";
    case SF_ERR_OS:
        return "the operating system refused";
    case SF_ERR_PERMISSION:
        return "permission denied";
    case SF_ERR_SPACE:
        return "no space left on the disk";
    }
    return "unknown error";
}
