/*
 * A daemon made of fixed values, for tests of the control socket: what rib, session, host and the
 * daemon's own files would define stands in fake.c.
 */
#pragma once

#include <stddef.h>

#include "bgpd-lite/daemon.h"
#include "bgpd-lite/neighbor.h"

struct fake {
	struct daemon d;
	struct conf conf;
	struct adj_out *table;
	struct neighbor neighbors[3];
	struct neighbor *list[3];
	size_t routes_n;  /* that the RIB has */
	size_t paths_n;   /* of each route */
	size_t walked;    /* routes, by the last ordered walk */
	unsigned cleared; /* sessions; 100 for each soft */
	unsigned reloads; /* asked for */
	unsigned flushes;
	unsigned confirm_s;
	unsigned backs;   /* configurations gone back by Rollback */
	unsigned queries; /* of BFD statistics */
	bool bfd_answers; /* statistics come at once */
	bool reload_fails;
	unsigned planned; /* pieces of a plan that are still to be done */
	size_t text_len;  /* of all texts that came with the last one */
};
extern struct fake fake;

/* Fills `fake` anew. loop and run_dir are borrowed. */
void fake_init(struct ev_loop *loop, const char *run_dir);
