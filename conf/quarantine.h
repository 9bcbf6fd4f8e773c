/*
 * Sections of contributors that contradict the owner or each other. Pure.
 *
 * A section in quarantine is not in force; where the file's last good text has one of its name that
 * contradicts nobody, that one is, with the names of the file as it is now. Who stays: the owner;
 * what stands as in the last good state; what changed against it; what is new; of equals the first
 * by the file's name, then by line. The text without its sections in quarantine, with the last good
 * ones at its end, is what is in force of the file and becomes its last good text.
 */
#pragma once

#include "conf/merge.h"

/* How what a section says of what is in dispute stands against the last good texts; those above go
 * first. */
enum conf_standing {
	CONF_STANDS,  /* it is a value that was in force, by whomever */
	CONF_CHANGED, /* its own was another */
	CONF_NEW,
};

/* One that takes part in a contradiction. */
struct conf_rival {
	struct conf_ref ref;                /* its text of now */
	struct conf_source_section *before; /* its last good one, where that is another; or NULL */
	bool good;                          /* its text of now is the last good one */
	enum conf_standing standing;
	bool settled;
	const struct conf_source_section *in_force; /* when settled: one of the two, or NULL */
};

/* All but `standing`, `settled` and `in_force`. */
struct conf_rival conf_rival_make(const struct conf_merge *m, struct conf_ref ref);
/* What its file's last good text says; NULL: nothing. */
const struct conf_source_section *conf_rival_last_good(const struct conf_rival *r);
/* Who goes first; never 0 for two sections. */
int conf_rival_compare(const void *a, const void *b);
/* Its last good section could be in force if it contradicts nobody. */
bool conf_rival_can_fall_back(struct conf_merge *m, const struct conf_rival *r);
/* The section is in quarantine; its last good one stays, or nothing. */
void conf_rival_set_aside(
	struct conf_merge *m, struct conf_rival *r, struct conf_source_section *before);

/* Finds all and takes them out of force; templates are resolved before, and to be resolved after.
 */
void conf_quarantine_sections(struct conf_merge *m);
/* rivals.c: the [neighbor] sections. */
void conf_settle_neighbors(struct conf_merge *m);
/* announce_rivals.c: the [announce] sections. */
void conf_settle_announcements(struct conf_merge *m);
