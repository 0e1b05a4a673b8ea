/* SPDX-License-Identifier: MIT
 *
 * run/loop_open.c - a loop is made and closed, stopped, and told what to watch.
 */
#include "synfin/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/time.h"
#include "run/loop_own.h"
#include "run/memory.h"

void sf_loop_stop(struct sf_loop *loop)
{
    uint64_t one = 1;
    int kept = errno;

    loop->stop = 1;
    (void)!write(loop->wake, &one, sizeof(one));
    errno = kept;
}

enum sf_err sf_loop_watch(struct sf_loop *loop, int fd, uint32_t which)
{
    uint32_t events = ((which & 1) != 0 ? (uint32_t)EPOLLIN : 0u) |
                      ((which & 2) != 0 ? (uint32_t)EPOLLOUT : 0u);
    struct epoll_event e = sf_loop_interest(events, which & 3, fd);

    /* What epoll said of it this turn and was not yet told is told as asked for now. */
    for (int i = loop->at_ready + 1; i < loop->n_ready; i++) {
        uint64_t data = loop->ready[i].data.u64;

        if (data >> OWNER_SHIFT < OWNER_LINK && (uint32_t)data == (uint32_t)fd) {
            loop->ready[i].data = e.data;
        }
    }
    if ((which & 3) == 0) {
        return epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, &e) == 0 || errno == ENOENT ||
                       errno == EBADF
                   ? SF_OK
                   : SF_ERR_OS;
    }
    if (epoll_ctl(loop->epoll, EPOLL_CTL_MOD, fd, &e) == 0) {
        return SF_OK;
    }
    if (errno == ENOENT && epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &e) == 0) {
        return SF_OK;
    }
    return SF_ERR_OS;
}

struct sf_stack *sf_loop_stack(struct sf_loop *loop)
{
    return loop->stack;
}

static enum sf_err make_stack(struct sf_loop *loop, const struct sf_config *config)
{
    static const uint8_t none[32];
    struct sf_config own = *config;
    enum sf_err err = SF_OK;

    if (memcmp(own.seed, none, sizeof(none)) == 0) {
        err = sf_seed_fill(own.seed);
        if (err != SF_OK) {
            return err;
        }
    }
    loop->memory_octets = sf_stack_octets(&own);
    if (loop->memory_octets == 0) {
        return SF_ERR_INVAL;
    }
    loop->memory = sf_memory_map(loop->memory_octets);
    if (loop->memory == NULL) {
        return SF_ERR_NO_MEMORY;
    }
    return sf_stack_init(loop->memory, &own, sf_now(), &loop->stack);
}

static enum sf_err make_descriptors(struct sf_loop *loop, const struct sf_link *link)
{
    int fd = link->ops->fd(link);
    struct epoll_event e = sf_loop_interest(EPOLLIN, OWNER_WAKE, -1);

    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->epoll < 0 || loop->wake < 0 ||
        epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->wake, &e) < 0) {
        return SF_ERR_OS;
    }
    e = sf_loop_interest(EPOLLIN, OWNER_LINK, fd);
    return fd < 0 || epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &e) == 0 ? SF_OK : SF_ERR_OS;
}

enum sf_err sf_loop_open(const struct sf_config *config, struct sf_link *link,
                         const struct sf_loop_app *app, struct sf_loop **loop)
{
    struct sf_loop *made = calloc(1, sizeof(*made));
    enum sf_err err = SF_OK;

    *loop = NULL;
    if (made == NULL) {
        return SF_ERR_NO_MEMORY;
    }
    made->app = *app;
    made->epoll = -1;
    made->wake = -1;
    made->retry_at = SF_TIME_NEVER;
    err = make_stack(made, config);
    if (err == SF_OK) {
        err = make_descriptors(made, link);
    }
    if (err != SF_OK) {
        sf_loop_close(made);
        return err;
    }
    made->link = link;
    *loop = made;
    return SF_OK;
}

void sf_loop_close(struct sf_loop *loop)
{
    int kept = errno;

    if (loop == NULL) {
        return;
    }
    sf_link_close(loop->link);
    if (loop->epoll >= 0) {
        (void)close(loop->epoll);
    }
    if (loop->wake >= 0) {
        (void)close(loop->wake);
    }
    sf_memory_unmap(loop->memory, loop->memory_octets);
    free(loop);
    errno = kept;
}
