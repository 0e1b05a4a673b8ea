/* SPDX-License-Identifier: MIT
 *
 * cli/http.c - HTTP/1.1 over the engine's connections.
 *
 *   sf_recv_peek() -> head -> httpreq.c -> httpanswer.c -> text, file -> sf_send_reserve()
 *
 * A connection between two requests holds no memory of ours: the buffer comes with the
 * first octet, and goes with the last of the answer.
 */
#include "cli/http.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"

/* What a connection needs from a request's first octet to the answer's last. */
struct talk {
    struct cli_answer answer;
    size_t sent;    /* of the answer's text */
    bool answering; /* the request is read; nothing more is, until it is answered */
    bool last;      /* close when it is answered */
    size_t octets;  /* of head */
    char head[CLI_HEAD_OCTETS];
};

static void forget_answer(struct talk *talk)
{
    free(talk->answer.text);
    if (talk->answer.file.fd >= 0) {
        close(talk->answer.file.fd);
    }
    talk->answer = (struct cli_answer){.file = {.fd = -1}};
    talk->answering = false;
    talk->sent = 0;
}

static void http_end(struct cli_server *server, struct cli_peer *peer)
{
    (void)server;
    if (peer->own != NULL) {
        forget_answer(peer->own);
        free(peer->own);
        peer->own = NULL;
    }
}

/* Bring what has arrived into the buffer.  SF_OK if there is anything new. */
static enum sf_err read_more(struct cli_server *server, struct cli_peer *peer,
                             struct talk *talk, sf_time now)
{
    size_t got = 0;
    enum sf_err err = SF_OK;

    if (talk->octets == sizeof(talk->head)) {
        return SF_OK; /* the parser says 431 */
    }
    err = sf_recv(server->stack, peer->handle, talk->head + talk->octets,
                  sizeof(talk->head) - talk->octets, &got, now);
    talk->octets += got;
    return err;
}

/* True when a request was read and there is an answer to send. */
static bool take_request(struct cli_server *server, struct talk *talk, sf_time now)
{
    struct cli_request request;
    size_t used = cli_request_parse(talk->head, talk->octets, &request);

    if (used == 0) {
        return false;
    }
    memmove(talk->head, talk->head + used, talk->octets - used);
    talk->octets -= used;
    cli_http_answer(server->context, &request, now.ns + sf_wall_offset(), &talk->answer);
    talk->answering = true;
    talk->last = !request.keep || talk->answer.text == NULL;
    return true;
}

/* Send the answer's text, then its file. */
static enum cli_fed send_answer(struct cli_server *server, struct cli_peer *peer,
                                struct talk *talk, sf_time now)
{
    struct cli_answer *answer = &talk->answer;

    while (talk->sent < answer->octets) {
        size_t taken = 0;
        enum sf_err err = sf_send(server->stack, peer->handle, answer->text + talk->sent,
                                  answer->octets - talk->sent,
                                  answer->file.fd >= 0 ? SF_SEND_MORE : 0, &taken, now);

        if (err == SF_ERR_AGAIN || err == SF_ERR_NO_MEMORY) {
            return CLI_FED_SOME;
        }
        if (err != SF_OK) {
            return CLI_FED_DEAD;
        }
        talk->sent += taken;
    }
    if (answer->file.fd < 0) {
        return CLI_FED_ALL;
    }
    return cli_feed(server->stack, peer->handle, &answer->file, now);
}

/* What follows when a request is answered, or cannot be for now. */
enum step { AGAIN = 0, LATER, DONE };

static enum step answer_one(struct cli_server *server, struct cli_peer *peer, struct talk *talk,
                            sf_time now)
{
    switch (send_answer(server, peer, talk, now)) {
    case CLI_FED_ALL:
        break;
    case CLI_FED_SOME:
        return LATER;
    case CLI_FED_SHORT:
        /* The length was promised: only a reset says that it is not kept. */
        sf_abort(server->stack, peer->handle, now);
        return DONE;
    case CLI_FED_DEAD:
        return DONE;
    }
    forget_answer(talk);
    if (!talk->last) {
        return AGAIN;
    }
    /* What the peer still sends is read, so that no RST overtakes the answer. */
    return cli_server_finish(server, peer, now) ? LATER : DONE;
}

/* Requests one after another, as long as there are octets and room. */
static bool converse(struct cli_server *server, struct cli_peer *peer, struct talk *talk,
                     sf_time now)
{
    enum step step = AGAIN;

    while (step == AGAIN) {
        if (talk->answering || take_request(server, talk, now)) {
            step = answer_one(server, peer, talk, now);
            continue;
        }
        enum sf_err err = read_more(server, peer, talk, now);
        if (err != SF_OK) {
            step = err == SF_ERR_AGAIN ? LATER : DONE;
        }
    }
    return step == LATER;
}

static bool http_ready(struct cli_server *server, struct cli_peer *peer, sf_time now)
{
    struct talk *talk = peer->own;
    uint32_t ready = sf_ready(server->stack, peer->handle);

    if (talk == NULL) {
        if ((ready & (SF_READY_READ | SF_READY_EOF)) == 0) {
            return true;
        }
        talk = malloc(sizeof(*talk));
        if (talk == NULL) {
            return false;
        }
        talk->answer = (struct cli_answer){.file = {.fd = -1}};
        talk->sent = 0;
        talk->answering = false;
        talk->last = false;
        talk->octets = 0;
        peer->own = talk;
    }
    bool more = converse(server, peer, talk, now);
    if (more && !talk->answering && talk->octets == 0) {
        http_end(server, peer);
    }
    return more;
}

const struct cli_service cli_http = {
    .name = "http",
    .limit = {30 * SF_NS_PER_S},
    .ready = http_ready,
    .end = http_end,
};
