/*
 * One call over the control socket, from the client's side. Blocking, with a time limit.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "bgpd-lite/ctl/scan.h"

enum exchange_result {
	EXCHANGE_DONE,      /* the last reply came */
	EXCHANGE_NO_DAEMON, /* nobody listens there */
	EXCHANGE_DENIED,    /* we may not open the socket */
	EXCHANGE_BROKEN,    /* it answered something else, or stopped */
};

struct exchange_taker {
	/* A reply, the whole object, borrowed; the last one is without "continues". */
	void (*reply)(void *arg, const json_t *reply);
	/* NULL, or the array in `parameters` that a walk returns: its items go to `items`, which
	 * goes through all of them, while they are read; only a reply without it is one for
	 * `reply`. */
	const char *list;
	void (*items)(void *arg, struct scan *items);
	void *arg;
};

/* How long a daemon may be silent before a call ends as BROKEN; 30 s until this is called. */
void exchange_set_patience(unsigned seconds);

/* why: filled unless DONE. */
enum exchange_result exchange(const char *path, const char *method, json_t *parameters,
	const struct exchange_taker *taker, char *why, size_t why_capacity);
