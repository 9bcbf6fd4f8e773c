/*
 * One client of the control socket: its bytes in and out, and the one call that is being served.
 * bgp process; libev.
 *
 * Memory is bounded: 64 KB in, 4 MB in of a client that may change something, CLIENT_OUT_MAX out.
 * While more than CLIENT_OUT_HIGH bytes wait to be read by the client, its call does not go on;
 * while a call runs, nothing is read from the client.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "bgpd-lite/ctl/call.h"
#include "bgpd-lite/ctl/frame.h"

enum {
	CLIENT_REQUEST_MAX = 64 * 1024,                  /* bytes, with its NUL */
	CLIENT_REQUEST_PRIVILEGED_MAX = 4 * 1024 * 1024, /* it may carry files */
	CLIENT_OUT_HIGH = 16 * 1024,
	CLIENT_OUT_MAX = 256 * 1024,
};

struct client {
	struct daemon *d;
	int fd;
	uint64_t moved_ms; /* when bytes last went in or out, CLOCK_MONOTONIC */
	struct ev_io readable;
	struct ev_io writable;
	struct ev_idle work;  /* the next slice of the call, in every turn of the loop */
	struct ev_timer wait; /* a call that waits for another process */
	struct frame in;
	struct text out;
	size_t sent; /* of out */
	bool sleeps; /* its call does */
	bool ending; /* closed as soon as out is sent */
	struct call call;
	void (*closed)(void *arg, struct client *c); /* it is gone after the call */
	void *arg;
	char *buffer; /* of `in` */
};

/* Takes fd (non-blocking). privileged: may change something. uid: whose it is. NULL: no memory, fd
 * is closed. */
struct client *client_new(struct daemon *d, int fd, bool privileged, uid_t uid,
	void (*closed)(void *arg, struct client *c), void *arg);
/* Closes it without calling `closed`. */
void client_free(struct client *c);
/* A call that sleeps goes on now; the client may be closed by it. */
void client_wake(struct client *c);
/* Nothing is being served and nothing waits to be read by it. */
bool client_is_idle(const struct client *c);
