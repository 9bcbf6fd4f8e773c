/*
 * The state machine of a BFD session (RFC 5880 6.2, 6.8.6, 6.8.4, 6.8.16): a state and an event
 * give the next state. Pure; no timers here (session.h has them).
 */
#pragma once

#include <stdbool.h>

#include "bfd/channel.h"

enum bfd_event {
	/* a valid packet; the values of its state field */
	BFD_EVENT_RX_ADMIN_DOWN = BFD_STATE_ADMIN_DOWN,
	BFD_EVENT_RX_DOWN = BFD_STATE_DOWN,
	BFD_EVENT_RX_INIT = BFD_STATE_INIT,
	BFD_EVENT_RX_UP = BFD_STATE_UP,
	BFD_EVENT_TIMEOUT,   /* nothing heard for a detection time */
	BFD_EVENT_PATH_DOWN, /* our interface is gone */
	BFD_EVENT_DISABLE,   /* the operator removes the session */
	BFD_EVENT_N,
};

struct bfd_step {
	enum bfd_state state;
	enum bfd_diag diag; /* where the state changed: the new diagnostic */
	bool changed;
	bool dead; /* we left Up and the path is dead (RFC 5882 3.2: an AdminDown does not say so)
		    */
};

struct bfd_step bfd_fsm_step(enum bfd_state state, enum bfd_event event);

const char *bfd_state_text(enum bfd_state s); /* "up" */
const char *bfd_diag_text(unsigned diag);     /* "time-expired"; "unknown" above 8 */
