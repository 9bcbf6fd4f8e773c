/*
 * Connection collision, RFC 4271 6.8 with RFC 6286 2.3: which of two connections with one neighbour
 * is kept. Pure. Asked on receipt of an OPEN that was found right.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bgpd-lite/bgp/fsm.h"

enum collision_verdict {
	COLLISION_NONE,        /* there is no other connection */
	COLLISION_CLOSE_OTHER, /* this one is kept */
	COLLISION_CLOSE_THIS,
};

struct collision {
	bool incoming;        /* this one, which got the OPEN, was made by the peer */
	enum fsm_state other; /* state of the other one; FSM_IDLE where there is none */
	uint32_t local_id;    /* host order */
	uint32_t remote_id;   /* from the OPEN */
	uint32_t local_as;
	uint32_t remote_as;
};

/* The connection made by the side with the higher identifier (equal ones: higher AS) is kept. The
 * other one is judged from OpenSent on, as it is known now who the peer is; one that is not yet
 * connected gives way; an Established one stays whatever the identifiers are. */
enum collision_verdict collision_decide(const struct collision *c);
