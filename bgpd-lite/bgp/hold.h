/*
 * Whether BGP has to wait for BFD before it starts (RFC 5882 4.4 and bfd-strict), and for how long
 * after BFD flapped. Pure; the bgp process. Times are CLOCK_MONOTONIC milliseconds.
 *
 * Strict: not before BFD is Up, or strict_hold_ms have passed. After a loss: not before BFD has
 * been Up for the delay, which doubles with each loss up to a maximum and is forgotten when BFD
 * stayed Up for the maximum and the delay; without strict the delay runs while BFD is not Up too.
 * An AdminDown of either side says that BFD does not matter now: nothing waits.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define HOLD_OPEN     0u
#define HOLD_FOR_EVER UINT64_MAX

struct hold_conf {
	bool bfd; /* the neighbour has BFD */
	bool strict;
	uint64_t strict_hold_ms; /* 0: for ever */
	uint64_t up_delay_ms;    /* 0: none */
	uint64_t up_delay_max_ms;
};

struct hold {
	bool up;
	bool admin_down;
	unsigned flaps; /* losses without a stable time between them */
	uint64_t since_ms;
};

/* BFD starts anew, knowing nothing. */
void hold_init(struct hold *h, uint64_t now_ms);
/* BFD's state. lost: it left Up because the path is dead. */
void hold_bfd(struct hold *h, const struct hold_conf *c, bool up, bool admin_down, bool lost,
	uint64_t now_ms);
uint64_t hold_delay_ms(const struct hold *h, const struct hold_conf *c); /* in force */
/* HOLD_OPEN: BGP may start; else when it may, or HOLD_FOR_EVER: only BFD opens it. */
uint64_t hold_until_ms(const struct hold *h, const struct hold_conf *c, uint64_t now_ms);
