/*
 * The configurations that were in force, the newest first, kept in STATE_DIR/history over restarts;
 * and the one that is held against the files, in STATE_DIR/held. An edge of the bgp process.
 *
 * At most HISTORY_MAX of them, HISTORY_BYTES_MAX bytes in all: the oldest go. What cannot be
 * written is logged and kept in memory alone.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "conf/history.h"

enum {
	HISTORY_MAX = 20,
	HISTORY_BYTES_MAX = 16 << 20,
	HISTORY_ORIGIN_MAX = 128,
};

struct history_entry {
	uint64_t number; /* grows by one, over restarts too */
	uint64_t at_realtime_ns;
	char origin[HISTORY_ORIGIN_MAX]; /* "start", "reload by uid 0" */
	size_t files;
	char *text; /* conf_history_encode() */
	size_t len;
	size_t body;
};
struct history {
	size_t n;
	struct history_entry entries[HISTORY_MAX];
};

/* What an earlier life kept. */
void history_read(struct history *h, const char *state_dir);
/* This is in force from now. Nothing is added where its texts are those of the newest one. */
void history_add(struct history *h, const char *state_dir, const struct conf_history *now);
void history_free(struct history *h);

/* From now on a start uses these texts, not the files'. 0 or -errno. */
int history_hold(const char *state_dir, const char *text, size_t len);
void history_release(const char *state_dir);
/* What a start is to use instead of the files, into the arena; false: nothing is held. */
bool history_held(const char *state_dir, struct conf_arena *a, struct conf_history *out);
