/*
 * Texts of configuration files for the daemon. The client.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "bgpd-lite/ctl/text.h"

enum {
	TEXTS_LEN_MAX = 1 << 20, /* bytes of one, as the daemon takes them */
};

/* Adds the file's text to the map, under its basename without .conf; "-": standard input under
 * `name`. False: why says what is wrong. */
bool texts_add(json_t *map, const char *path, const char *name, struct text *why);
