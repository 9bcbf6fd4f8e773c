/*
 * Which configuration is in force: read at the start and at reloads, rolled back. bgp process.
 *
 * A roll back holds a configuration against the files, over restarts too, until the next reload
 * reads them. A reload that must be confirmed is undone like that when nobody confirms it in time,
 * or when the daemon ends before.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct daemon;

/* The first one; false: it cannot be used. */
bool configure_start(struct daemon *d);
/* Every file's present text is in force. */
bool configure_all_in_force(const struct daemon *d);

struct configure_ask {
	const char *origin; /* who asks, for the history: "SIGHUP", "reload by uid 0" */
	bool reset;         /* neighbours whose change needs a new session are reset */
	unsigned confirm_s; /* of a reload: undone after so long unless confirmed; 0: it stays */
};
/* Reads the files and applies them; what happened is in d->reload, the messages in
 * d->conf->messages. */
void configure_reload(struct daemon *d, const struct configure_ask *ask);
/* The same for a part alone: contributor NAME's files, or, with NULL, all files but the main one,
 * and nothing where their texts did not change. Not while a configuration is held or waits for a
 * confirm. */
void configure_refresh(struct daemon *d, const char *name, const struct configure_ask *ask);
/* Links came or went: where another [match] holds now, the texts that are there are merged anew. */
void configure_links_changed(struct daemon *d);
/* Applies the configuration of `back` changes ago, 1: the one before this, and holds it. False, and
 * nothing done: there is none. */
bool configure_back(struct daemon *d, size_t back, const struct configure_ask *ask);
/* What a reload put in force stays. False: nothing waits for that. */
bool configure_confirm(struct daemon *d);
/* Seconds until it is undone, 0: nothing waits to be confirmed. */
unsigned configure_confirm_left_s(const struct daemon *d);
void configure_stop(struct daemon *d); /* the daemon ends */
