/*
 * A configuration that was in force, as one text: when, by what, and each file's text. Pure.
 *
 *   bgpd-lite history 1
 *   at NANOSECONDS              since 1970
 *   origin WORDS
 *   text BYTES NAME PATH        the main file first; then so many bytes and a line feed
 *   end
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/arena.h"
#include "conf/conf.h"

struct conf_history {
	uint64_t at_realtime_ns;
	const char *origin;
	size_t texts_n;
	struct conf_text *texts; /* name, file, bytes, len */
};

/* To be freed; *body is where the texts begin. NULL: a name or path with a line feed. */
char *conf_history_encode(const struct conf_history *h, size_t *len, size_t *body);
/* False: it is not whole, or not one. Texts are copied into the arena, with a NUL behind each. */
bool conf_history_decode(
	struct conf_arena *a, const char *bytes, size_t len, struct conf_history *out);
