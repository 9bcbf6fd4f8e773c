/*
 * Draining this host (RFC 8326): what it announces becomes the last choice of everybody (community
 * GRACEFUL_SHUTDOWN, LOCAL_PREF 0), for `drain-time`; then the sessions are closed with Cease 6/2
 * and a text (RFC 9003) until the drain is undone. Sessions with local speakers stay. A drain
 * outlives reloads, not the daemon. bgp process.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

struct daemon;

enum drain_state {
	DRAIN_NONE,
	DRAIN_ANNOUNCED, /* everybody is asked to go round us */
	DRAIN_CLOSED,    /* the sessions are closed */
};

enum {
	DRAIN_TEXT_MAX = 256,
};

/* daemon.drain */
struct drain {
	enum drain_state state;
	uint64_t until_ms; /* of DRAIN_ANNOUNCED, CLOCK_MONOTONIC */
	bool stops;        /* the daemon stops when the time is over */
	char text[DRAIN_TEXT_MAX];
	struct ev_timer timer;
};

void drain_init(struct daemon *d);
/* text: why, for the peers; "" for the plain word. No-op while it drains, or has drained. */
void drain_begin(struct daemon *d, const char *text);
void drain_undo(struct daemon *d); /* no-op for one that stops the daemon */
/* The daemon is to stop. True: it drains first, and stops by itself. */
bool drain_before_stop(struct daemon *d);
void drain_stop(struct daemon *d); /* the timer alone: the daemon ends */
