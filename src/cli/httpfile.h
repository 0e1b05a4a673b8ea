/* SPDX-License-Identifier: MIT
 *
 * cli/httpfile.h - files below one directory, and nothing else; their types and listings.
 */
#ifndef SYNFIN_CLI_HTTPFILE_H
#define SYNFIN_CLI_HTTPFILE_H

#include <sys/stat.h>

#include "synfin/types.h"

/* Where files are served from. */
struct cli_site {
    int root;         /* a directory, or -1 */
    int only;         /* without a directory: the one file there is */
    const char *name; /* and its path */
};

/*
 * Open what a decoded path names, for reading.  Returns the descriptor, and what it is; or
 * minus a status: -403, -404, -500.  A path that leaves the root, by .. or by a link, is
 * forbidden.
 */
int cli_site_open(const struct cli_site *site, const char *path, struct stat *what);

/* A descriptor that stays below a directory, whatever path and links say: as openat(). */
int cli_open_beneath(int root, const char *path);

/* The media type of a name, by what stands behind its last dot. */
const char *cli_media_type(const char *name);

/*
 * A page that lists a directory, which is closed.  path is what is above the list, "" at
 * the root.  The page is the caller's to free; null if there is no memory.
 */
char *cli_site_list(int fd, const char *path, size_t *octets);

#endif
