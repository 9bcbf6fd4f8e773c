/*
 * Looks at the directories of drop-ins (inotify): files that come, go or are written anew, and the
 * `..data` link of a Kubernetes ConfigMap, are put in force a moment later. [control] auto-reload
 * switches it off. An edge of the bgp process.
 *
 * A directory that is not there yet is waited for in its parent. Where a file is a link, only the
 * link is looked at. The main file is not watched: it is read at reloads.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

struct daemon;

enum {
	DROP_INS_DIRS_MAX = 16,
};

struct drop_ins {
	int fd; /* inotify; 0 or -1: off */
	struct ev_io readable;
	struct ev_timer settle;        /* nothing happened for a moment */
	uint64_t since_ms;             /* the first event since the last look, 0: none */
	int dir[DROP_INS_DIRS_MAX];    /* watch descriptors by place in conf_dirs, -1: not there */
	int parent[DROP_INS_DIRS_MAX]; /* of the directories they are in */
	bool limited;                  /* told that the host has no more watches */
};

/* After a configuration was applied: as it asks for. Zeroed before the first call. */
void drop_ins_update(struct daemon *d);
/* Something may have been missed: look soon. */
void drop_ins_look(struct daemon *d);
void drop_ins_stop(struct daemon *d);
