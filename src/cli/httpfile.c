/* SPDX-License-Identifier: MIT
 *
 * cli/httpfile.c - files below one directory, and nothing else.
 *
 * The kernel keeps us beneath (openat2(), RESOLVE_BENEATH): a check of our own would be one
 * moment, and opening another.
 */
#include "cli/httpfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* O_NONBLOCK: opening a FIFO must not wait for its writer. */
#define HOW (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

/* Where the kernel lacks openat2() (before 5.6): name by name, and no link at all. */
static int walk_beneath(int root, const char *path)
{
    char name[256];
    int fd = openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

    while (fd >= 0 && *path != '\0') {
        size_t n = strcspn(path, "/");
        int next = -1;

        if (n >= sizeof(name)) {
            errno = ENAMETOOLONG;
        } else if (n == 2 && memcmp(path, "..", 2) == 0) {
            errno = EXDEV;
        } else {
            memcpy(name, n > 0 ? path : ".", n > 0 ? n : 1);
            name[n > 0 ? n : 1] = '\0';
            path += n;
            path += strspn(path, "/");
            next = openat(fd, name, (*path != '\0' ? O_PATH | O_CLOEXEC : HOW) | O_NOFOLLOW);
        }
        int kept = errno;
        close(fd);
        errno = kept;
        fd = next;
    }
    return fd;
}

int cli_open_beneath(int root, const char *path)
{
    struct open_how how = {.flags = HOW, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    long fd = syscall(SYS_openat2, root, *path != '\0' ? path : ".", &how, sizeof(how));

    if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
        return walk_beneath(root, *path != '\0' ? path : ".");
    }
    return (int)fd;
}

int cli_site_open(const struct cli_site *site, const char *path, struct stat *what)
{
    int fd = -1;

    if (site->root < 0) {
        fd = strcmp(path, site->name) == 0 ? dup(site->only) : -1;
        errno = ENOENT;
    } else {
        fd = cli_open_beneath(site->root, path);
    }
    if (fd < 0) {
        switch (errno) {
        case EXDEV: /* it would have left the root */
        case EACCES:
        case ELOOP:
        case EPERM:
            return -403;
        case EMFILE:
        case ENFILE:
        case ENOMEM:
            return -500;
        default:
            return -404;
        }
    }
    if (fstat(fd, what) != 0 || !(S_ISREG(what->st_mode) || S_ISDIR(what->st_mode))) {
        close(fd);
        return -403;
    }
    return fd;
}

const char *cli_media_type(const char *name)
{
    static const char *const types[][2] = {
        {"html", "text/html; charset=utf-8"},
        {"htm", "text/html; charset=utf-8"},
        {"txt", "text/plain; charset=utf-8"},
        {"md", "text/plain; charset=utf-8"},
        {"c", "text/plain; charset=utf-8"},
        {"h", "text/plain; charset=utf-8"},
        {"log", "text/plain; charset=utf-8"},
        {"css", "text/css"},
        {"csv", "text/csv"},
        {"js", "text/javascript"},
        {"json", "application/json"},
        {"xml", "application/xml"},
        {"pdf", "application/pdf"},
        {"wasm", "application/wasm"},
        {"gz", "application/gzip"},
        {"zip", "application/zip"},
        {"tar", "application/x-tar"},
        {"png", "image/png"},
        {"jpg", "image/jpeg"},
        {"jpeg", "image/jpeg"},
        {"gif", "image/gif"},
        {"svg", "image/svg+xml"},
        {"webp", "image/webp"},
        {"ico", "image/x-icon"},
        {"mp3", "audio/mpeg"},
        {"mp4", "video/mp4"},
        {"webm", "video/webm"},
        {"pcap", "application/vnd.tcpdump.pcap"},
    };
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot != NULL && i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcasecmp(dot + 1, types[i][0]) == 0) {
            return types[i][1];
        }
    }
    return "application/octet-stream";
}

static void put_html(FILE *page, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", page);
            break;
        case '<':
            fputs("&lt;", page);
            break;
        case '>':
            fputs("&gt;", page);
            break;
        case '"':
            fputs("&quot;", page);
            break;
        case '\'':
            fputs("&#39;", page);
            break;
        default:
            fputc(*text, page);
            break;
        }
    }
}

/* As a path of a URL: what is not unreserved (RFC 3986 s2.3) is %XX, so that it needs no
 * escaping in HTML, either. */
static void put_url(FILE *page, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

        if (letter || (c >= '0' && c <= '9') || strchr("-._~", *text) != NULL) {
            fputc(c, page);
        } else {
            fprintf(page, "%%%02X", c);
        }
    }
}

static void put_entry(FILE *page, int dir, const char *name)
{
    struct stat what;

    if (strcmp(name, ".") == 0 || fstatat(dir, name, &what, AT_SYMLINK_NOFOLLOW) != 0) {
        return;
    }
    const char *slash = S_ISDIR(what.st_mode) ? "/" : "";
    fputs("<tr><td><a href=\"", page);
    /* A name with a colon in it is not a scheme. */
    fputs("./", page);
    put_url(page, name);
    fprintf(page, "%s\">", slash);
    put_html(page, name);
    fprintf(page, "%s</a></td><td align=right>", slash);
    if (S_ISREG(what.st_mode)) {
        fprintf(page, "%lld", (long long)what.st_size);
    }
    fputs("</td></tr>\n", page);
}

/* All entries in the order of their names; at the root there is no way up. */
static void put_entries(FILE *page, int dir, bool root)
{
    struct dirent **names = NULL;
    int n = scandirat(dir, ".", &names, NULL, alphasort);

    for (int i = 0; i < n; i++) {
        if (!root || strcmp(names[i]->d_name, "..") != 0) {
            put_entry(page, dir, names[i]->d_name);
        }
        free(names[i]);
    }
    free(names);
}

char *cli_site_list(int fd, const char *path, size_t *octets)
{
    char *text = NULL;
    FILE *page = open_memstream(&text, octets);

    if (page != NULL) {
        fputs("<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>/", page);
        put_html(page, path);
        fputs("</title></head><body>\n<h1>/", page);
        put_html(page, path);
        fputs("</h1>\n<table>\n", page);
        put_entries(page, fd, *path == '\0');
        fputs("</table>\n</body></html>\n", page);
        if (fclose(page) != 0) {
            free(text);
            text = NULL;
        }
    }
    close(fd);
    return text;
}
