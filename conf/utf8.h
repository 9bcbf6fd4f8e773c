/*
 * Is it text? Pure. RFC 3629.
 */
#pragma once

#include <stddef.h>

/* NULL when the bytes are UTF-8 without control characters other than tab, line feed and carriage
 * return at a line's end; else why not, and *line (from 1) where. */
const char *conf_utf8_check(const char *bytes, size_t len, unsigned *line);
