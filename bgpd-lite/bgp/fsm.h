/*
 * The state machine of ONE BGP connection, RFC 4271 8 with 6608 and 9687, and the arithmetic of its
 * timers. Pure. Run by session.c in the bgp process, and by tests.
 *
 * A session has two of these: the outgoing connection, which also does the waiting between
 * attempts, and the incoming one, which exists from accept() on and ends in Idle.
 * Where we differ from the letter of RFC 4271: a failed connect waits in Active (not Idle), so that
 * the peer can reach us meanwhile; MRAI and DelayOpen do not exist.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum fsm_state {
	FSM_IDLE,
	FSM_CONNECT,
	FSM_ACTIVE,
	FSM_OPEN_SENT,
	FSM_OPEN_CONFIRM,
	FSM_ESTABLISHED,
};
enum {
	FSM_STATES_N = FSM_ESTABLISHED + 1,
};

enum fsm_event {
	FSM_EVENT_START,
	FSM_EVENT_STOP,  /* until the next start; the input has the Cease to send */
	FSM_EVENT_RESET, /* the same, but starts again after the idle hold time */
	FSM_EVENT_BFD_DOWN,
	FSM_EVENT_COLLISION_DUMP, /* the other connection is kept */
	FSM_EVENT_CONNECT_RETRY_EXPIRES,
	FSM_EVENT_IDLE_HOLD_EXPIRES,
	FSM_EVENT_HOLD_EXPIRES,
	FSM_EVENT_KEEPALIVE_EXPIRES,
	FSM_EVENT_SEND_HOLD_EXPIRES,
	FSM_EVENT_TCP_CONNECTED,
	FSM_EVENT_TCP_FAILED, /* it never was connected */
	FSM_EVENT_TCP_CLOSED, /* end of file, RST or an error of the socket */
	FSM_EVENT_HEADER_BAD, /* the input has the error, as in the other _BAD */
	FSM_EVENT_OPEN,
	FSM_EVENT_OPEN_BAD,
	FSM_EVENT_KEEPALIVE,
	FSM_EVENT_UPDATE,
	FSM_EVENT_UPDATE_BAD,
	FSM_EVENT_REFRESH,
	FSM_EVENT_REFRESH_BAD,
	FSM_EVENT_NOTIFICATION,
};
enum {
	FSM_EVENTS_N = FSM_EVENT_NOTIFICATION + 1,
};

enum fsm_action {
	FSM_ACTION_CONNECT, /* a new socket; its failure is a later event */
	FSM_ACTION_CLOSE,   /* the socket where there is one, and the connection's timers */
	FSM_ACTION_SEND_OPEN,
	FSM_ACTION_SEND_KEEPALIVE,
	FSM_ACTION_SEND_NOTIFICATION, /* code, subcode of the step */
	FSM_ACTION_START_CONNECT_RETRY,
	FSM_ACTION_STOP_CONNECT_RETRY,
	FSM_ACTION_START_IDLE_HOLD,
	FSM_ACTION_STOP_IDLE_HOLD,
	FSM_ACTION_START_LARGE_HOLD, /* until OPEN is there */
	FSM_ACTION_START_HOLD,       /* or restart; off where the hold time is 0 */
	FSM_ACTION_START_KEEPALIVE,  /* or restart; off where the hold time is 0 */
	FSM_ACTION_START_SEND_HOLD,
	FSM_ACTION_DELIVER,     /* UPDATE or ROUTE-REFRESH to the owner */
	FSM_ACTION_ESTABLISHED, /* tell the owner */
	FSM_ACTION_DOWN,        /* tell the owner; it was Established */
};
enum {
	FSM_ACTIONS_N = FSM_ACTION_DOWN + 1,
	FSM_STEP_ACTIONS_MAX = 6,
	FSM_LARGE_HOLD_S = 60,
	FSM_BACKOFF_MAX_S = 60,
	FSM_STABLE_S = 60, /* Established that long: back-offs start anew */
};

struct fsm_input {
	enum fsm_state state;
	bool incoming; /* the connection was accepted, not made */
	bool passive;  /* never connects */
	uint8_t code;  /* of _BAD, STOP and RESET: the NOTIFICATION; 0: none */
	uint8_t subcode;
};

struct fsm_step {
	enum fsm_state next;
	uint8_t code; /* of FSM_ACTION_SEND_NOTIFICATION */
	uint8_t subcode;
	uint8_t actions_n;
	uint8_t actions[FSM_STEP_ACTIONS_MAX]; /* enum fsm_action, in order; those that call the
						* owner or may fail are last */
};

struct fsm_step fsm_step(const struct fsm_input *in, enum fsm_event event);
const char *fsm_state_text(enum fsm_state state); /* "OpenSent" */
const char *fsm_event_text(enum fsm_event event);

/* ---- times; `random` is any uniform 32-bit number ---- */

/* The lower of both, 0 = no hold timer (RFC 4271 4.2). */
uint16_t fsm_hold_time_s(uint16_t ours_s, uint16_t theirs_s);
/* A third of the hold time, or what is configured if that is less; at least 1; 0 with hold 0. */
uint16_t fsm_keepalive_time_s(uint16_t configured_s, uint16_t hold_s);
/* RFC 9687 4: max(2 x hold, 480 s) unless configured. */
uint32_t fsm_send_hold_time_s(uint16_t configured_s, uint16_t hold_s);
/* 0.75 to 1.0 of that (RFC 4271 10). */
uint32_t fsm_jitter_ms(uint32_t ms, uint32_t random);
/* One keepalive interval with jitter, never under a second (RFC 4271 4.4). */
uint32_t fsm_keepalive_ms(uint16_t keepalive_s, uint32_t random);
/* base doubled `failures` times, up to FSM_BACKOFF_MAX_S (or base where that is more), jittered. */
uint32_t fsm_backoff_ms(uint16_t base_s, unsigned failures, uint32_t random);
