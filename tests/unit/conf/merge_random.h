/*
 * Random sets of files: an owner's and contributors', with lists, policies, templates, neighbours,
 * announcements, contradictions and errors. The same seed gives the same set.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

enum {
	RANDOM_FILES_MAX = 6,
	RANDOM_NEIGHBORS = 4, /* 192.0.2.1 .. .4 */
};

struct random_files {
	uint64_t state;
	size_t n;
	struct conf_text text[RANDOM_FILES_MAX]; /* the main file, then contributors */
};

/* Below n. */
unsigned random_below(uint64_t *state, unsigned n);
void random_files_make(struct random_files *f, uint64_t seed);
void random_files_free(struct random_files *f);
