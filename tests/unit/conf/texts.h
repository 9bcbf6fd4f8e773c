/*
 * Several files in one: a line `;;; file NAME` begins the text of the next file, `;;; last-good`
 * the last good text of the file before, `;;; masked` says that a later file masks it,
 * `;;; disabled` that it is switched off, and `;;; unreadable WHY` that it could not be read.
 * `;;; host NAME` and `;;; interface NAME` say for which host all of them are read. What stands
 * before the first such line is the main file. For tests and fuzzing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

enum {
	TEXTS_MAX = 24,
	TEXTS_INTERFACES_MAX = 4,
};

struct texts {
	size_t n;
	struct conf_text text[TEXTS_MAX];
	char names[TEXTS_MAX][64]; /* "NAME.conf", and the name alone */
	char bare[TEXTS_MAX][64];
	struct conf_site site;
	char host[64];
	char interface[TEXTS_INTERFACES_MAX][64];
	const char *interfaces[TEXTS_INTERFACES_MAX];
};

/* Cuts bytes; they are borrowed, and end without NUL. */
void texts_cut(struct texts *t, const char *bytes, size_t len);
/* A file of less than 64 KiB, "" where there is none. The caller frees it. */
char *texts_read_file(const char *path, size_t *len);
/* What a user would see: the messages, whether it is usable, the snapshot. The caller frees it. */
char *texts_outcome(const struct texts *t);
/* The outcome is another one in other orders: all rotations, each with two texts swapped. */
bool texts_order_matters(struct texts *t, const char *outcome);
