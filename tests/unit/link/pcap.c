/* SPDX-License-Identifier: MIT
 *
 * tests/unit/link/pcap.c - a link whose frames are written to a file as they pass.
 */
#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/time.h"
#include "made.h"
#include "synfin/link.h"

#define WALL UINT64_C(1700000000000000000)

static uint8_t memory[2048];
static struct sf_link *a, *b; /* a is wrapped */
static char path[64];
static uint8_t file[1 << 20];

/* A number of the machine's own order. */
static uint32_t u32_at(size_t offset)
{
    uint32_t v = 0;

    memcpy(&v, file + offset, sizeof(v));
    return v;
}

static size_t read_file(void)
{
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, file, sizeof(file));

    T_TRUE(fd >= 0 && n >= 0);
    close(fd);
    return (size_t)n;
}

static void open_with(const struct sf_pair *how)
{
    struct sf_link *inner = NULL;

    T_EQ(sf_pair_open(how, &inner, &b), SF_OK);
    T_EQ(sf_pcap_wrap(inner, path, WALL, &a), SF_OK);
}

static void close_both(void)
{
    sf_link_close(a);
    sf_link_close(b);
}

static size_t send(struct sf_link *link, const struct made *how, sf_time now)
{
    struct sf_frame f = made_frame(how, memory);

    return link->ops->tx(link, &f, 1, now);
}

static void both_directions_are_in_the_file(void **state)
{
    struct made out = {.flags = MADE_SYN, .ethernet = true};
    struct made in = {.flags = MADE_ACK, .text_octets = 11, .ethernet = true};
    struct sf_frame got[2];

    (void)state;
    open_with(&(struct sf_pair){.ethernet = 1, .caps = SF_LINK_CSUM_TX});
    T_EQ(a->caps, SF_LINK_CSUM_TX);
    T_EQ(send(a, &out, (sf_time){2000000001}), 1);
    T_EQ(send(b, &in, (sf_time){2000000002}), 1);
    T_EQ(a->ops->rx(a, got, 2, (sf_time){2000000003}), 1);
    T_EQ(got[0].csum, SF_CSUM_PARTIAL); /* completed in the file alone */
    close_both();

    T_EQ(read_file(), 24 + 16 + 54 + 16 + 65); /* 14 + 20 + 20, and 11 */
    T_EQ(u32_at(0), 0xa1b23c4d);
    T_EQ(u32_at(20), 1); /* LINKTYPE_ETHERNET */
    T_EQ(u32_at(24), 1700000002);
    T_EQ(u32_at(28), 1);
    T_EQ(u32_at(32), 54);
    T_EQ(u32_at(36), 54);
    T_EQ(file[40 + 14 + 20 + 13], MADE_SYN);
    T_EQ(made_sum(file + 40, 54, true), 0xffff);
    T_EQ(u32_at(94 + 4), 3);
    T_EQ(u32_at(94 + 8), 65);
    T_EQ(made_sum(file + 94 + 16, 65, true), 0xffff);
}

static void without_ethernet_the_file_says_so(void **state)
{
    (void)state;
    open_with(&(struct sf_pair){0});
    T_EQ(send(a, &(struct made){.family = SF_IPV6}, (sf_time){1}), 1);
    close_both();
    T_EQ(read_file(), 24 + 16 + 60);
    T_EQ(u32_at(20), 101); /* LINKTYPE_RAW */
    T_EQ(made_sum(file + 40, 60, false), 0xffff);
}

static void a_super_segment_is_one_record(void **state)
{
    static uint8_t text[60000];
    struct sf_frame f = made_frame(&(struct made){.flags = MADE_ACK}, memory);

    (void)state;
    open_with(&(struct sf_pair){.caps = SF_LINK_CSUM_TX | SF_LINK_TSO4});
    f.gso_octets = 1460;
    f.n_pieces = 1;
    f.pieces[0] = (struct sf_piece){text, 60000};
    f.octets = 60040;
    T_EQ(a->ops->tx(a, &f, 1, (sf_time){1}), 1);
    close_both();
    T_EQ(read_file(), 24 + 16 + 60040);
    T_EQ(u32_at(36), 60040);
}

static void what_the_link_did_not_take_is_not_in_the_file(void **state)
{
    (void)state;
    open_with(&(struct sf_pair){.frames = 1});
    T_EQ(send(a, &(struct made){0}, (sf_time){1}), 1);
    T_EQ(send(a, &(struct made){0}, (sf_time){1}), 0);
    T_EQ(a->tx_frames, 1);
    close_both();
    T_EQ(read_file(), 24 + 16 + 40);
}

/* Frames are in the file a second after the first, or when asked for, not at once. */
static void frames_wait_a_second_for_company(void **state)
{
    struct sf_frame got[1];

    (void)state;
    open_with(&(struct sf_pair){0});
    T_EQ(read_file(), 24);
    T_TRUE(sf_time_is_never(a->ops->deadline(a)));
    T_EQ(send(a, &(struct made){0}, (sf_time){5}), 1);
    T_EQ(send(a, &(struct made){0}, (sf_time){SF_NS_PER_S}), 1);
    T_EQ(a->ops->deadline(a).ns, SF_NS_PER_S + 5);
    T_EQ(a->ops->rx(a, got, 1, (sf_time){SF_NS_PER_S + 4}), 0);
    T_EQ(read_file(), 24);
    T_EQ(a->ops->rx(a, got, 1, (sf_time){SF_NS_PER_S + 5}), 0);
    T_EQ(read_file(), 24 + 2 * 56);
    T_TRUE(sf_time_is_never(a->ops->deadline(a)));
    T_EQ(send(a, &(struct made){0}, (sf_time){SF_NS_PER_S * 2}), 1);
    T_EQ(sf_link_flush(a), SF_OK);
    T_EQ(read_file(), 24 + 3 * 56);
    close_both();
}

static void more_than_the_buffer_holds_arrives(void **state)
{
    size_t n = 0;
    struct sf_frame got[1];

    (void)state;
    open_with(&(struct sf_pair){0});
    for (; n < 600; n++) { /* 600 * 1,516 octets = 909,600: more than the buffer's 524,288 */
        T_EQ(send(a, &(struct made){.text_octets = 1460}, (sf_time){1}), 1);
        T_EQ(b->ops->rx(b, got, 1, (sf_time){1}), 1);
    }
    close_both();
    T_EQ(read_file(), 24 + n * 1516);
    for (size_t i = 0; i < n; i++) {
        T_EQ_ROW(i, u32_at(24 + i * 1516 + 8), 1500);
    }
}

/* The system lets files grow to 1,000 octets: 24 + 17 * 56 = 976, the eighteenth fails. */
static void a_full_disk_ends_the_file_and_not_the_link(void **state)
{
    struct rlimit whole = {0};
    struct rlimit small = {0};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sf_frame got[1];

    (void)state;
    open_with(&(struct sf_pair){0});
    T_EQ(sigaction(SIGXFSZ, &ignore, NULL), 0);
    T_EQ(getrlimit(RLIMIT_FSIZE, &whole), 0);
    small = (struct rlimit){.rlim_cur = 1000, .rlim_max = whole.rlim_max};
    T_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int i = 0; i < 17; i++) {
        T_EQ(send(a, &(struct made){0}, (sf_time){1}), 1);
        T_EQ(sf_link_flush(a), SF_OK);
        T_EQ(b->ops->rx(b, got, 1, (sf_time){1}), 1);
    }
    T_EQ(send(a, &(struct made){0}, (sf_time){1}), 1);
    T_EQ(sf_link_flush(a), SF_ERR_SPACE);
    T_EQ(setrlimit(RLIMIT_FSIZE, &whole), 0);
    T_EQ(a->error, SF_ERR_SPACE);
    T_EQ(a->os_error, EFBIG);
    T_EQ(b->ops->rx(b, got, 1, (sf_time){1}), 1);
    T_EQ(send(a, &(struct made){0}, (sf_time){1}), 1); /* frames flow */
    T_EQ(b->ops->rx(b, got, 1, (sf_time){1}), 1);
    T_EQ(sf_link_flush(a), SF_ERR_SPACE);
    close_both();
    T_EQ(read_file(), 976); /* whole records only */
}

static void a_file_that_cannot_be_begun_leaves_the_link_with_the_caller(void **state)
{
    struct sf_link *wrapped = NULL;

    (void)state;
    T_EQ(sf_pair_open(&(struct sf_pair){0}, &a, &b), SF_OK);
    wrapped = a;
    T_EQ(sf_pcap_wrap(a, "/dev/full", WALL, &wrapped), SF_ERR_SPACE);
    T_TRUE(wrapped == NULL);
    T_EQ(errno, ENOSPC);
    T_EQ(sf_pcap_wrap(a, "/nonexistent/file", WALL, &wrapped), SF_ERR_OS);
    T_EQ(errno, ENOENT);
    close_both();
}

/* Standard output is written whenever nothing arrives, and stays open. */
static void standard_output_is_written_at_once(void **state)
{
    int kept = dup(STDOUT_FILENO);
    int out = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    struct sf_frame got[1];
    struct sf_link *inner = NULL;
    enum sf_err err = SF_OK;
    size_t octets = 0;
    bool open_still = false;

    (void)state;
    T_TRUE(kept >= 0 && out >= 0);
    (void)fflush(stdout);
    T_EQ(dup2(out, STDOUT_FILENO), STDOUT_FILENO);
    err = sf_pair_open(&(struct sf_pair){0}, &inner, &b);
    err = err != SF_OK ? err : sf_pcap_wrap(inner, "-", WALL, &a);
    if (err == SF_OK) {
        (void)send(a, &(struct made){0}, (sf_time){1});
        (void)a->ops->rx(a, got, 1, (sf_time){2});
        octets = (size_t)lseek(out, 0, SEEK_END);
        close_both();
        open_still = fcntl(STDOUT_FILENO, F_GETFD) >= 0;
    }
    (void)dup2(kept, STDOUT_FILENO);
    close(kept);
    close(out);
    T_EQ(err, SF_OK);
    T_EQ(octets, 24 + 56);
    T_TRUE(open_still);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_directions_are_in_the_file),
        cmocka_unit_test(without_ethernet_the_file_says_so),
        cmocka_unit_test(a_super_segment_is_one_record),
        cmocka_unit_test(what_the_link_did_not_take_is_not_in_the_file),
        cmocka_unit_test(frames_wait_a_second_for_company),
        cmocka_unit_test(more_than_the_buffer_holds_arrives),
        cmocka_unit_test(a_full_disk_ends_the_file_and_not_the_link),
        cmocka_unit_test(a_file_that_cannot_be_begun_leaves_the_link_with_the_caller),
        cmocka_unit_test(standard_output_is_written_at_once),
    };
    int failed = 0;
    int fd = -1;

    (void)snprintf(path, sizeof(path), "/tmp/synfin-pcap-XXXXXX");
    fd = mkstemp(path);
    if (fd < 0) {
        return 1;
    }
    close(fd);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink(path);
    return failed;
}
