/*
 * Small files read whole and written atomically. An edge.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "conf/arena.h"

/* The bytes of a regular file into the arena, with a NUL behind them. NULL when done, else why not
 * (of the arena, or static); then the outputs are untouched. */
const char *conf_fileio_read(
	struct conf_arena *a, const char *path, size_t len_max, char **bytes, size_t *len);
/* DIR/NAME by way of DIR/.NAME.new, mode 0640; DIR is made where it is missing (mode 0750).
 * 0 or -errno. */
int conf_fileio_write(
	struct conf_arena *a, const char *dir, const char *name, const char *bytes, size_t len);
bool conf_fileio_is_null(const char *path); /* leads to /dev/null */
bool conf_fileio_exists(const char *path);
