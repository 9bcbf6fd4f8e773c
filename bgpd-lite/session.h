/*
 * A BGP session with one neighbour, the edge: sockets, timers, buffers. It runs the pure FSM of
 * bgp/fsm.h, one a connection, until collision is settled. bgp process.
 *
 * The owner (neighbor.c) creates it, configures it, starts and stops it, and is told what happens
 * by callbacks. Callbacks may call any function of this header but session_free(). Times are
 * CLOCK_MONOTONIC milliseconds of the loop.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "bgpd-lite/bgp/fsm.h"
#include "bgpd-lite/bgp/msg.h"
#include "lib/addr.h"

enum {
	SESSION_PASSWORD_MAX = 80, /* TCP_MD5SIG_MAXKEYLEN */
};

struct session_conf {
	const char *name;          /* "192.0.2.1 vrf red", for logs; copied */
	struct addr address;       /* the neighbour's; :: not known, passive then */
	bool unnumbered;           /* whoever is on the interface: session_ops.met */
	char interface[16];        /* zone of a link-local address, or "" */
	char device[16];           /* VRF device the sockets are bound to, or "" */
	struct addr update_source; /* ADDR_NONE: the kernel chooses */
	uint16_t port;             /* to connect to and to listen on */
	uint32_t local_as;
	uint32_t remote_as; /* 0 with external or internal */
	bool external;
	bool internal;
	struct addr router_id;
	uint16_t hold_time_s;
	uint16_t keepalive_time_s; /* 0: a third of the negotiated hold time */
	uint16_t connect_retry_time_s;
	uint16_t idle_hold_time_s;
	uint16_t send_hold_time_s; /* 0: max(2 x hold time, 480), RFC 9687 */
	uint32_t families;         /* BGP_FAMILY_* */
	bool extended_next_hop;    /* RFC 8950 is offered for IPv4 */
	bool add_path;             /* RFC 7911: several paths are asked for */
	bool passive;
	bool enhanced_refresh; /* RFC 7313 is offered */
	bool extended_message; /* RFC 8654 is */
	uint8_t role;          /* ours, enum bgp_role; only to external neighbours */
	bool role_strict;
	bool long_lived;   /* RFC 9494 is offered, beside graceful restart alone */
	bool any_next_hop; /* next hops of its routes are not looked at */
	bool ttl_security;
	uint8_t hops; /* 1: single hop; TTL 255 is sent all the same */
	uint8_t password[SESSION_PASSWORD_MAX];
	uint8_t password_len; /* 0: no TCP-MD5 */
};

struct session;

enum session_down_cause {
	SESSION_DOWN_TCP, /* closed or reset by the peer, or an error of the socket */
	SESSION_DOWN_HOLD_TIMER,
	SESSION_DOWN_SEND_HOLD_TIMER,
	SESSION_DOWN_RECEIVED, /* NOTIFICATION received */
	SESSION_DOWN_SENT,     /* NOTIFICATION sent for an error of the peer */
	SESSION_DOWN_LOCAL,    /* session_stop / session_reset: administrative */
	SESSION_DOWN_BFD,
	SESSION_DOWN_HARD, /* Cease/Hard Reset received (RFC 8538) */
};

struct session_ops {
	/* Established; session_peer_open() tells what the peer said. */
	void (*established)(void *arg, struct session *s);
	/* One decoded UPDATE that does not reset the session (resets are done by the session, after
	 * this call's absence). Valid during the call. */
	void (*update)(void *arg, struct session *s, const struct bgp_update *u);
	/* The peer asks for our routes of that family again (BGP_FAMILY_*), or, where both sides
	 * speak RFC 7313, begins or ends to send all of its own. */
	void (*refresh)(void *arg, struct session *s, uint32_t family, enum bgp_refresh subtype);
	/* Established, and what waited to be sent was taken by the socket. May be NULL. */
	void (*drained)(void *arg, struct session *s);
	/* Of an unnumbered session: somebody with another address of its interface connects. True:
	 * that is the neighbour, and the session is configured with the address now. May be NULL.
	 */
	bool (*met)(void *arg, struct session *s, struct addr a);
	/* It was Established and is not any more. text: reason for people. */
	void (*down)(void *arg, struct session *s, enum session_down_cause cause, const char *text);
};

struct session *session_new(struct ev_loop *loop, const struct session_ops *ops, void *arg);
void session_free(struct session *s); /* closes without a word */

/* Takes the configuration over. What needs a new session (addresses, AS, password, families, port,
 * device) is used from the next start on; timers and names at once, where RFC 4271 allows. */
void session_configure(struct session *s, const struct session_conf *c);
/* What the next OPEN says of graceful restart; present false: nothing, and a connection of the
 * neighbour while Established is refused. While both sides say N, a local end of the session
 * (session_stop, session_reset and session_limit with a subcode, but BFD's) is a hard reset. */
void session_graceful(struct session *s, const struct bgp_graceful *g);
/* Idle -> connects or listens. No-op when started. */
void session_start(struct session *s);
/* Cease with that subcode (0: close without NOTIFICATION), then Idle until session_start(). The
 * owner's down() is called from inside where it was Established.
 * text: RFC 9003 text for subcodes 2 and 4, or NULL. */
void session_stop(struct session *s, uint8_t cease_subcode, const char *text);
/* The same, and starts again after the idle hold time. */
void session_reset(struct session *s, uint8_t cease_subcode, enum session_down_cause cause);
/* Cease/Maximum Number of Prefixes Reached for that family (BGP_FAMILY_*). again: starts again
 * after the idle hold time, else Idle until session_start(). */
void session_limit(struct session *s, uint32_t family, uint32_t limit, bool again);
/* Something came back (link, address): connect now instead of waiting for a timer. */
void session_kick(struct session *s);
/* Flow control: stop taking bytes from the socket (TCP holds the peer back); timers go on. The hold
 * timer does not expire while we ourselves do not read. */
void session_pause_reading(struct session *s, bool pause);
/* Bytes of whole messages (End-of-RIB, ROUTE-REFRESH, UPDATE) in Established. 0, -ENOTCONN, or
 * -ENOBUFS when the queue of 1 MB is full. */
int session_send(struct session *s, const void *bytes, size_t len);
/* Established, and nothing waits to be sent. Who sends as much as there is asks before each
 * message, and goes on at session_ops.drained: what is to be sent stays where it is small. */
bool session_has_room(const struct session *s);

/* Used by listen.h. Takes fd. remote was matched already; MIN TTL and MD5 are in force. */
void session_accept(struct session *s, int fd);
bool session_met(struct session *s, struct addr a); /* asks the owner */
/* What runs was begun with other settings than those of the configuration that need a new session;
 * the content of a password counts, not its file. */
bool session_outdated(const struct session *s);
const struct session_conf *session_configuration(const struct session *s);

/* ---- sight ---- */

size_t session_bytes(const struct session *s); /* memory held, with its buffers */

enum {
	SESSION_TEXT_MAX = 200,
};

/* Faults of UPDATEs by attribute and action (RFC 7606 8). */
enum {
	SESSION_FAULT_KINDS = 37,                       /* type codes; 0: the message itself */
	SESSION_FAULT_OTHERS = SESSION_FAULT_KINDS - 1, /* and all above */
	SESSION_FAULT_ACTIONS = 4,                      /* by enum bgp_update_action */
};

struct session_counters {
	uint64_t in[6]; /* messages by enum bgp_type, [0]: all */
	uint64_t out[6];
	uint64_t in_bytes;
	uint64_t out_bytes;
	uint64_t updates_discard;  /* RFC 7606: attribute discarded */
	uint64_t updates_withdraw; /* RFC 7606: treated as withdrawn */
	uint32_t faults[SESSION_FAULT_KINDS][SESSION_FAULT_ACTIONS];
	uint64_t established_n;
	uint64_t dropped_n;
	uint64_t connect_failed_n;
	uint64_t accepted_n;
	uint64_t refused_n; /* connections closed by collision or state */
};

struct session_info {
	enum fsm_state state;
	uint64_t since_ms;                /* of this state, CLOCK_MONOTONIC */
	uint64_t last_down_ms;            /* 0: never */
	char last_down[SESSION_TEXT_MAX]; /* reason of the last end of Established or last failure
					   */
	char notification_sent[SESSION_TEXT_MAX];
	char notification_received[SESSION_TEXT_MAX];
	char wait_reason[SESSION_TEXT_MAX]; /* why it is not Established now, "" */
	struct addr local;                  /* of the connection; ADDR_NONE */
	uint16_t local_port;
	uint16_t remote_port;
	uint32_t ifindex;     /* link-local sessions */
	uint16_t hold_time_s; /* negotiated */
	uint16_t keepalive_time_s;
	uint32_t families;            /* negotiated */
	bool enhanced_refresh;        /* negotiated */
	bool extended_message;        /* negotiated */
	uint32_t extended_next_hop;   /* of them those whose next hop may be IPv6 */
	uint32_t add_path;            /* of them those that come with path identifiers */
	struct bgp_graceful graceful; /* as we said it, valid from OpenConfirm on */
	struct bgp_open peer;         /* valid from OpenConfirm on */
	struct session_counters counters;
};
void session_info(const struct session *s, struct session_info *out);
