/* SPDX-License-Identifier: MIT
 *
 * cli/feed.c - octets of a file, or made up, straight into a connection's chunks.
 */
#include "cli/feed.h"

#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define RUNS        16
#define FEED_OCTETS ((size_t)RUNS * 4096)

#define LINE  74 /* 72 characters, CR, LF */
#define LINES 95 /* the printing characters, ' ' to '~' */

uint8_t cli_feed_pattern(uint64_t at)
{
    uint64_t column = at % LINE;
    uint64_t line = at / LINE % LINES;

    if (column >= 72) {
        return column == 72 ? '\r' : '\n';
    }
    return (uint8_t)(' ' + (line + column) % LINES);
}

/* The text repeats after so many octets: twice, it can be copied from any place in it. */
#define PERIOD ((size_t)LINE * LINES)

static const uint8_t *text_twice(void)
{
    static uint8_t text[2 * PERIOD];

    for (size_t i = 0; text[2 * PERIOD - 1] == 0 && i < 2 * PERIOD; i++) {
        text[i] = cli_feed_pattern(i);
    }
    return text;
}

static void make_up(uint8_t *data, size_t octets, uint64_t at)
{
    const uint8_t *text = text_twice();

    while (octets > 0) {
        size_t n = octets < PERIOD ? octets : PERIOD;

        memcpy(data, text + at % PERIOD, n);
        data += n;
        octets -= n;
        at += n;
    }
}

static ssize_t fill(const struct cli_feed *feed, const struct sf_room *rooms, size_t n)
{
    struct iovec runs[RUNS];
    ssize_t octets = 0;

    for (size_t i = 0; i < n; i++) {
        runs[i] = (struct iovec){.iov_base = rooms[i].data, .iov_len = rooms[i].octets};
    }
    if (feed->fd >= 0) {
        return preadv(feed->fd, runs, (int)n, (off_t)feed->at);
    }
    for (size_t i = 0; i < n; i++) {
        make_up(rooms[i].data, rooms[i].octets, feed->at + (uint64_t)octets);
        octets += (ssize_t)rooms[i].octets;
    }
    return octets;
}

enum cli_fed cli_feed(struct sf_stack *stack, struct sf_handle handle, struct cli_feed *feed,
                      sf_time now)
{
    while (feed->at < feed->end) {
        uint64_t left = feed->end - feed->at;
        struct sf_room rooms[RUNS];
        size_t n = RUNS;
        size_t room = 0;
        enum sf_err err = sf_send_reserve(
            stack, handle, left < FEED_OCTETS ? (size_t)left : FEED_OCTETS, rooms, &n, now);

        if (err == SF_ERR_AGAIN || err == SF_ERR_NO_MEMORY) {
            return CLI_FED_SOME;
        }
        if (err != SF_OK) {
            return CLI_FED_DEAD;
        }
        ssize_t octets = fill(feed, rooms, n);
        uint64_t used = octets > 0 ? (uint64_t)octets : 0;
        used = used < left ? used : left;
        for (size_t i = 0; i < n; i++) {
            room += rooms[i].octets;
        }
        /* More follows at once, unless this was all the room. */
        bool more = used < left && room == FEED_OCTETS;
        err = sf_send_commit(stack, handle, (size_t)used, more ? SF_SEND_MORE : 0, now);
        if (err != SF_OK) {
            return CLI_FED_DEAD;
        }
        if (used == 0) {
            return CLI_FED_SHORT;
        }
        feed->at += used;
    }
    return CLI_FED_ALL;
}
