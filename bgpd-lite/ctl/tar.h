/*
 * A tar archive of small files, in the ustar form of POSIX.1-1988. The client.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	TAR_BLOCK = 512,   /* bytes */
	TAR_NAME_MAX = 99, /* of a member's name, with its directory */
	TAR_MODE = 0600,
};

/* The header of a plain file, of uid and gid 0. False: the name is too long, or empty. */
bool tar_header(char block[TAR_BLOCK], const char *name, size_t len, int64_t mtime_s);
/* A member behind those that are there. False: the name, or it could not be written. */
bool tar_add(FILE *f, const char *name, const void *bytes, size_t len, int64_t mtime_s);
/* The end of the archive; false: it could not be written. */
bool tar_end(FILE *f);
