/*
 * How long the loop of the bgp process is busy between two waits: a turn in which it serves nobody
 * else. bgp process; libev.
 */
#pragma once

#include <ev.h>
#include <stdint.h>

enum {
	STALL_MS = 50, /* a turn as long counts */
};

struct stall {
	struct ev_prepare before_wait;
	struct ev_check after_wait;
	uint64_t woke_ns;    /* 0: before the first turn */
	uint64_t n;          /* turns of STALL_MS and longer */
	uint64_t longest_ns; /* turn */
};

void stall_start(struct stall *s, struct ev_loop *loop);
void stall_stop(struct stall *s, struct ev_loop *loop);
