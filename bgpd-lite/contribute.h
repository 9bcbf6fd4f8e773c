/*
 * Drop-ins that controllers place over the control socket, and contributors that the administrator
 * switches off. bgp process.
 *
 * A contribution is RUN_DIR/conf.d/NAME.conf, where that is one of the directories of drop-ins. It
 * is checked as a reload would check it before it is written, atomically, and put in force at once;
 * other files are not read again. Switched off is whoever has a file in STATE_DIR/disabled: over
 * restarts, whatever becomes of its drop-in.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

struct daemon;

enum contribute_result {
	CONTRIBUTE_DONE,     /* placed or removed, and reloaded */
	CONTRIBUTE_BAD_NAME, /* why: letters ... */
	CONTRIBUTE_REFUSED,  /* the text is in error: refused, and its messages */
	CONTRIBUTE_MASKED,   /* why: the file that masks it */
	CONTRIBUTE_HELD,     /* a configuration is held against the files, or waits for a confirm */
	CONTRIBUTE_ABSENT,   /* there is nothing of that name to remove */
	CONTRIBUTE_NO_PLACE, /* why: RUN_DIR/conf.d is no directory of drop-ins, or errno's words */
};

enum {
	CONTRIBUTE_WHY_MAX = 512,
};

struct contribute {
	const char *name;
	const char *origin;           /* for the history */
	char why[CONTRIBUTE_WHY_MAX]; /* out */
	struct conf *refused;         /* out: to be freed; what the text would make of all */
};
enum contribute_result contribute_place(
	struct daemon *d, struct contribute *c, const char *text, size_t len);
enum contribute_result contribute_remove(struct daemon *d, struct contribute *c);
/* Reloads. CONTRIBUTE_ABSENT: there is no such contributor, or it is the main file. */
enum contribute_result contribute_disable(struct daemon *d, struct contribute *c);
enum contribute_result contribute_enable(struct daemon *d, struct contribute *c);
