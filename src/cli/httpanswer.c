/* SPDX-License-Identifier: MIT
 *
 * cli/httpanswer.c - what a request is answered with.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/http.h"
#include "synfin/version.h"

static const char *phrase(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 206:
        return "Partial Content";
    case 301:
        return "Moved Permanently";
    case 304:
        return "Not Modified";
    case 400:
        return "Bad Request";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 414:
        return "URI Too Long";
    case 416:
        return "Range Not Satisfiable";
    case 431:
        return "Request Header Fields Too Large";
    case 505:
        return "HTTP Version Not Supported";
    default:
        return "Internal Server Error";
    }
}

static void put_date(FILE *out, const char *field, int64_t seconds)
{
    time_t when = (time_t)seconds;
    struct tm tm;
    char text[40];

    if (gmtime_r(&when, &tm) != NULL &&
        strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm) > 0) {
        fprintf(out, "%s: %s\r\n", field, text);
    }
}

static void put_status(FILE *out, int status, bool keep, uint64_t wall)
{
    fprintf(out, "HTTP/1.1 %d %s\r\nServer: synfin/%s\r\n", status, phrase(status),
            sf_version());
    put_date(out, "Date", (int64_t)(wall / 1000000000));
    fprintf(out, "Connection: %s\r\n", keep ? "keep-alive" : "close");
}

/* An answer that says no more than its status. */
static void put_plain(FILE *out, const struct cli_request *request, int status, uint64_t wall)
{
    char body[64];
    int n = snprintf(body, sizeof(body), "%d %s\n", status, phrase(status));

    put_status(out, status, request->keep, wall);
    if (status == 405) {
        fputs("Allow: GET, HEAD\r\n", out);
    }
    fprintf(out, "Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", n,
            request->head ? "" : body);
}

/* A directory is listed under the name that ends in a slash, so that links are right. */
static void put_moved(FILE *out, const struct cli_request *request, uint64_t wall)
{
    put_status(out, 301, request->keep, wall);
    fputs("Location: /", out);
    for (const char *c = request->path; *c != '\0'; c++) {
        bool plain = (*c | 0x20) >= 'a' && (*c | 0x20) <= 'z';

        plain = plain || (*c >= '0' && *c <= '9') || strchr("-._~/", *c) != NULL;
        fprintf(out, plain ? "%c" : "%%%02X", (unsigned char)*c);
    }
    fputs("/\r\nContent-Length: 0\r\n\r\n", out);
}

static void put_list(FILE *out, const struct cli_request *request, int fd, uint64_t wall)
{
    size_t octets = 0;
    char *page = cli_site_list(fd, request->path, &octets);

    if (page == NULL) {
        put_plain(out, request, 500, wall);
        return;
    }
    put_status(out, 200, request->keep, wall);
    fprintf(out, "Content-Type: text/html; charset=utf-8\r\nContent-Length: %zu\r\n\r\n",
            octets);
    if (!request->head) {
        fwrite(page, 1, octets, out);
    }
    free(page);
}

/* Which part of a file is sent: 200, 206, or 416 (RFC 9110 s14). */
static int part_of(const struct cli_request *request, uint64_t size, int64_t modified,
                   struct cli_feed *part)
{
    bool fits = request->if_range == -1 || request->if_range == modified;

    part->at = 0;
    part->end = size;
    if (request->range == CLI_RANGE_NONE || !fits) {
        return 200;
    }
    if (request->range == CLI_RANGE_LAST) {
        part->at = request->to < size ? size - request->to : 0;
        return request->to == 0 || size == 0 ? 416 : 206;
    }
    part->at = request->from;
    part->end = request->to < size ? request->to + 1 : size;
    return request->from < size ? 206 : 416;
}

static void put_file(FILE *out, const struct cli_request *request, const struct stat *what,
                     uint64_t wall, struct cli_feed *file)
{
    uint64_t size = (uint64_t)what->st_size;
    int64_t modified = (int64_t)what->st_mtim.tv_sec;
    int status = part_of(request, size, modified, file);

    if (request->since >= 0 && modified <= request->since) {
        put_status(out, 304, request->keep, wall);
        put_date(out, "Last-Modified", modified);
        fputs("\r\n", out);
        file->end = file->at;
        return;
    }
    put_status(out, status, request->keep, wall);
    put_date(out, "Last-Modified", modified);
    fprintf(out, "Accept-Ranges: bytes\r\nContent-Type: %s\r\n", cli_media_type(request->path));
    if (status == 416) {
        fprintf(out, "Content-Range: bytes */%llu\r\n", (unsigned long long)size);
        file->end = file->at;
    } else if (status == 206) {
        fprintf(out, "Content-Range: bytes %llu-%llu/%llu\r\n", (unsigned long long)file->at,
                (unsigned long long)file->end - 1, (unsigned long long)size);
    }
    fprintf(out, "Content-Length: %llu\r\n\r\n", (unsigned long long)(file->end - file->at));
    if (request->head) {
        file->end = file->at;
    }
}

static void answer_path(FILE *out, const struct cli_site *site,
                        const struct cli_request *request, uint64_t wall, struct cli_feed *file)
{
    struct stat what;
    int fd = cli_site_open(site, request->path, &what);

    if (fd < 0) {
        put_plain(out, request, -fd, wall);
    } else if (S_ISDIR(what.st_mode)) {
        if (request->slash) {
            put_list(out, request, fd, wall);
        } else {
            close(fd);
            put_moved(out, request, wall);
        }
    } else {
        file->fd = fd;
        put_file(out, request, &what, wall, file);
    }
}

void cli_http_answer(const struct cli_site *site, const struct cli_request *request,
                     uint64_t wall, struct cli_answer *answer)
{
    FILE *out = NULL;

    *answer = (struct cli_answer){.file = {.fd = -1}};
    out = open_memstream(&answer->text, &answer->octets);
    if (out == NULL) {
        return;
    }
    if (request->status != 200) {
        put_plain(out, request, request->status, wall);
    } else {
        answer_path(out, site, request, wall, &answer->file);
    }
    if (fclose(out) != 0) {
        free(answer->text);
        answer->text = NULL;
    }
    if (answer->file.fd >= 0 && answer->file.at == answer->file.end) {
        close(answer->file.fd);
        answer->file.fd = -1;
    }
}
