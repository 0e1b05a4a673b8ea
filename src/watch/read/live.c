/* SPDX-License-Identifier: MIT
 *
 * watch/read/live.c - packets of a device, as they pass, through libpcap.
 */
#include "watch/read/reader.h"

#include <net/if.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

#define SNAP_OCTETS 262144 /* the most that libpcap keeps */
#define WAIT_MS     100

struct sf_reader_live {
    pcap_t *pcap;
    char device[64];
    int wait_ms;
    uint32_t unit; /* nanoseconds of what libpcap calls a microsecond */
};

static enum sf_err __attribute__((format(printf, 3, 4)))
say(char *why, enum sf_err err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(why, SF_CAPTURE_TEXT, format, args);
    va_end(args);
    return err;
}

/* Wait until there is something.  Not in libpcap, which waits on when a signal comes. */
static bool is_readable(const struct sf_reader_live *live)
{
    struct pollfd fd = {.fd = pcap_get_selectable_fd(live->pcap), .events = POLLIN};

    return poll(&fd, 1, live->wait_ms) > 0;
}

static enum sf_err live_next(struct sf_capture *capture, struct sf_packet *packet)
{
    struct sf_reader_live *live = capture->live;
    struct pcap_pkthdr *head = NULL;
    const uint8_t *octets = NULL;
    int got = pcap_next_ex(live->pcap, &head, &octets);

    if (got == 0 && is_readable(live)) {
        got = pcap_next_ex(live->pcap, &head, &octets);
    }
    if (got == 0) {
        return SF_ERR_AGAIN;
    }
    if (got < 0) {
        return sf_reader_end(capture, SF_CAPTURE_UNREADABLE, "%s", pcap_geterr(live->pcap));
    }
    *packet = (struct sf_packet){
        .at_ns =
            (uint64_t)head->ts.tv_sec * SF_NS_PER_S + (uint64_t)head->ts.tv_usec * live->unit,
        .octets = octets,
        .captured = head->caplen,
        .length = head->len,
        .linktype = capture->interfaces[0].shown.linktype,
        .timed = true,
    };
    return SF_OK;
}

static enum sf_err refused(const struct sf_reader_live *live, int said, char *why)
{
    switch (said) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        return say(why, SF_ERR_PERMISSION, "capturing on %s needs CAP_NET_RAW", live->device);
    case PCAP_ERROR_NO_SUCH_DEVICE:
        return say(why, SF_ERR_ADDR, "there is no device '%s'", live->device);
    case PCAP_ERROR_IFACE_NOT_UP:
        return say(why, SF_ERR_ADDR, "the device %s is down", live->device);
    case PCAP_ERROR:
        return say(why, SF_ERR_OS, "%s", pcap_geterr(live->pcap));
    default:
        return say(why, SF_ERR_OS, "%s", pcap_statustostr(said));
    }
}

static enum sf_err activate(struct sf_reader_live *live, const struct sf_live *how, char *why)
{
    char text[PCAP_ERRBUF_SIZE] = "";
    int said = 0;

    live->pcap = pcap_create(how->device, text);
    if (live->pcap == NULL) {
        return say(why, SF_ERR_OS, "%s", text);
    }
    live->wait_ms = how->wait_ms == 0 ? WAIT_MS : how->wait_ms;
    (void)pcap_set_snaplen(live->pcap, how->snap == 0 ? SNAP_OCTETS : (int)how->snap);
    (void)pcap_set_promisc(live->pcap, how->promiscuous);
    (void)pcap_set_immediate_mode(live->pcap, 1);
    (void)pcap_set_timeout(live->pcap, live->wait_ms);
    live->unit =
        pcap_set_tstamp_precision(live->pcap, PCAP_TSTAMP_PRECISION_NANO) == 0 ? 1 : 1000;
    said = pcap_activate(live->pcap);
    if (said < 0) {
        return refused(live, said, why);
    }
    return pcap_setnonblock(live->pcap, 1, text) == 0 ? SF_OK : say(why, SF_ERR_OS, "%s", text);
}

enum sf_err sf_capture_live(const struct sf_live *live, struct sf_capture **capture, char *why)
{
    struct sf_capture *made = calloc(1, sizeof(*made));
    struct sf_reader_interface *interface = NULL;
    enum sf_err err = SF_ERR_NO_MEMORY;

    *capture = NULL;
    why[0] = '\0';
    if (made == NULL || (made->live = calloc(1, sizeof(*made->live))) == NULL) {
        free(made);
        return say(why, SF_ERR_NO_MEMORY, "%s", "memory ended");
    }
    sf_source_memory(&made->source, NULL, 0);
    /* libpcap, without permission to look, cannot tell that there is none. */
    if (strlen(live->device) >= sizeof(made->live->device) ||
        (strcmp(live->device, "any") != 0 && if_nametoindex(live->device) == 0)) {
        err = say(why, SF_ERR_ADDR, "there is no device '%.40s'", live->device);
        goto fail;
    }
    (void)snprintf(made->live->device, sizeof(made->live->device), "%s", live->device);
    err = activate(made->live, live, why);
    if (err != SF_OK) {
        goto fail;
    }
    interface = sf_reader_add(made);
    if (interface == NULL) {
        err = say(why, SF_ERR_NO_MEMORY, "%s", "memory ended");
        goto fail;
    }
    (void)snprintf(interface->shown.name, sizeof(interface->shown.name), "%.31s", live->device);
    interface->shown.linktype = (uint32_t)pcap_datalink(made->live->pcap);
    interface->shown.snap = live->snap;
    made->next = live_next;
    *capture = made;
    return SF_OK;

fail:
    sf_capture_close(made);
    return err;
}

enum sf_err sf_live_filter(struct sf_reader_live *live, const char *expression, char *why)
{
    struct bpf_program program;
    bool fine = pcap_compile(live->pcap, &program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0;

    if (fine) {
        fine = pcap_setfilter(live->pcap, &program) == 0;
        pcap_freecode(&program);
    }
    return fine ? SF_OK : say(why, SF_ERR_INVAL, "%s", pcap_geterr(live->pcap));
}

uint64_t sf_live_dropped(const struct sf_reader_live *live)
{
    struct pcap_stat stat = {0};

    return pcap_stats(live->pcap, &stat) == 0 ? stat.ps_drop : 0;
}

void sf_live_close(struct sf_reader_live *live)
{
    if (live != NULL) {
        if (live->pcap != NULL) {
            pcap_close(live->pcap);
        }
        free(live);
    }
}
