/* SPDX-License-Identifier: MIT
 *
 * sock/calls/notes.c - the error queue: that octets sent with MSG_ZEROCOPY may be written over,
 * and when the last octet of a send was handed on, left, and was acknowledged
 * (SO_TIMESTAMPING).
 *
 *   io.c: so many octets were taken --> [notes.c] --> recvmsg(MSG_ERRQUEUE), POLLERR
 *                 how far the connection is --^
 *
 * The engine calls nobody back: what a connection has sent is asked after each round of frames.
 */
#include "sock/calls/calls.h"

#include <errno.h>
#include <time.h>

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <string.h>

#define STAMPS \
    (SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_ACK)
#define SAID                                                        \
    (STAMPS | SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID | \
     SOF_TIMESTAMPING_OPT_CMSG | SOF_TIMESTAMPING_OPT_TSONLY)

int64_t sf_calls_set_stamps(struct sf_calls *calls, struct sf_calls_fd *f, int value,
                            sf_time now)
{
    struct sf_status status;

    if ((value & ~SAID) != 0) {
        return -ENOPROTOOPT; /* of what arrives there are none, nor of hardware */
    }
    if ((value & ~(int)f->stamps & SOF_TIMESTAMPING_OPT_ID) != 0) {
        if (f->stage < SF_CALLS_CONNECTING ||
            sf_status(calls->stack, f->handle, &status, now) != SF_OK) {
            return -EINVAL;
        }
        f->stamps_from = status.snd_una;
    }
    f->stamps = (uint32_t)value;
    return 0;
}

/* Where a note goes; the newest are lost when nobody reads them. */
static struct sf_calls_note *add(struct sf_calls_fd *f)
{
    if (f->n_notes == SF_CALLS_NOTES) {
        return NULL;
    }
    f->notes_told++;
    return &f->notes[f->n_notes++];
}

bool sf_calls_may_note(const struct sf_calls_fd *f, int flags)
{
    return (flags & MSG_ZEROCOPY) == 0 || !f->zerocopy || f->n_notes < SF_CALLS_NOTES;
}

/* What was sent is copied before the call returns: it may be written over at once.  Notes of
 * calls in a row are one. */
static void note_copied(struct sf_calls_fd *f)
{
    struct sf_calls_note *last = f->n_notes != 0 ? &f->notes[f->n_notes - 1] : NULL;
    uint32_t id = f->zerocopies++;

    if (last != NULL && last->origin == SO_EE_ORIGIN_ZEROCOPY && last->data + 1 == id) {
        last->data = id;
        f->notes_told++;
        return;
    }
    last = add(f);
    if (last != NULL) {
        *last = (struct sf_calls_note){.origin = SO_EE_ORIGIN_ZEROCOPY,
                                       .code = SO_EE_CODE_ZEROCOPY_COPIED,
                                       .info = id,
                                       .data = id};
    }
}

void sf_calls_took(struct sf_calls_fd *f, size_t octets, int flags)
{
    f->written += (uint32_t)octets;
    if (octets == 0) {
        return;
    }
    if ((flags & MSG_ZEROCOPY) != 0 && f->zerocopy) {
        note_copied(f);
    }
    if ((f->stamps & STAMPS) != 0 && f->n_marks < SF_CALLS_MARKS) {
        f->marks[f->n_marks++] =
            (struct sf_calls_mark){.end = f->written, .waits = f->stamps & STAMPS};
    }
}

/* One of a mark's moments has come. */
static void stamp(struct sf_calls_fd *f, struct sf_calls_mark *mark, uint32_t what,
                  const struct sf_status *status, sf_time now)
{
    struct sf_calls_note *note = NULL;
    uint32_t last = status->iss + mark->end; /* of its octets, as they are numbered */

    if ((mark->waits & what) == 0) {
        return;
    }
    mark->waits &= ~what;
    note = add(f);
    if (note != NULL) {
        *note = (struct sf_calls_note){
            .origin = SO_EE_ORIGIN_TIMESTAMPING,
            .error = ENOMSG,
            .info = what == SOF_TIMESTAMPING_TX_ACK     ? SCM_TSTAMP_ACK
                    : what == SOF_TIMESTAMPING_TX_SCHED ? SCM_TSTAMP_SCHED
                                                        : SCM_TSTAMP_SND,
            .data = (f->stamps & SOF_TIMESTAMPING_OPT_ID) != 0 ? last - f->stamps_from : 0,
            .cut = (f->stamps & SOF_TIMESTAMPING_OPT_TSONLY) == 0,
            .at = now,
        };
    }
}

/* True if a sequence number is behind the last octet of a mark. */
static bool passed(const struct sf_status *status, uint32_t number,
                   const struct sf_calls_mark *mark)
{
    return (int32_t)(number - (status->iss + mark->end)) > 0;
}

static void look_at(struct sf_calls *calls, struct sf_calls_fd *f, sf_time now)
{
    struct sf_status status;
    uint8_t left = 0;

    if (sf_status(calls->stack, f->handle, &status, now) != SF_OK) {
        return;
    }
    for (uint8_t i = 0; i < f->n_marks; i++) {
        struct sf_calls_mark *mark = &f->marks[i];

        if (passed(&status, status.snd_nxt, mark)) {
            stamp(f, mark, SOF_TIMESTAMPING_TX_SCHED, &status, now);
            stamp(f, mark, SOF_TIMESTAMPING_TX_SOFTWARE, &status, now);
        }
        if (passed(&status, status.snd_una, mark)) {
            stamp(f, mark, SOF_TIMESTAMPING_TX_ACK, &status, now);
        }
        if (mark->waits != 0) {
            f->marks[left++] = *mark;
        }
    }
    f->n_marks = left;
}

void sf_calls_look(struct sf_calls *calls, sf_time now)
{
    for (int fd = SF_CALLS_FIRST; fd < SF_CALLS_MOST; fd++) {
        struct sf_calls_fd *f = &calls->fds[fd];

        if (f->n_marks != 0 && f->stage >= SF_CALLS_CONNECTING) {
            look_at(calls, f, now);
        }
    }
}

int64_t sf_calls_recv_note(struct sf_calls *calls, int fd, struct sf_calls_note *note)
{
    struct sf_calls_fd *f = sf_calls_at(calls, fd);

    if (f == NULL) {
        return -EBADF;
    }
    if (f->n_notes == 0) {
        return -EAGAIN;
    }
    *note = f->notes[0];
    f->n_notes--;
    memmove(f->notes, f->notes + 1, f->n_notes * sizeof(f->notes[0]));
    return 0;
}
