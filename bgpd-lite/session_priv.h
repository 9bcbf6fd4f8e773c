/*
 * Inside of a session, shared by session*.c alone. bgp process.
 *
 *   session.c        the functions of session.h, the waiting between attempts
 *   session_conn.c   one connection: socket, watchers, timers
 *   session_send.c   its queue of bytes to send
 *   session_read.c   its bytes received: messages become happenings
 *   session_step.c   a happening goes through the state machine, its actions are done
 *   session_text.c   log lines and texts for people
 */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bgpd-lite/session.h"
#include "bgpd-lite/tcp.h"
#include "lib/log.h"

enum {
	CONN_READ_SMALL = 2 * BGP_MESSAGE_MAX, /* before Established */
	CONN_READ_BIG = 65536,                 /* then; one a session */
	CONN_MESSAGES_MAX = 64,                /* handled before others have their turn */
	SENDQ_MAX = 1 << 20,
};

/* Bytes that the socket did not take yet. */
struct sendq {
	uint8_t *bytes;
	size_t capacity;
	size_t head;
	size_t len;
	size_t message_left; /* of the message at head, when a part of it was sent; else 0 */
};

struct conn {
	struct session *session;
	bool incoming;
	enum fsm_state state;
	int fd;        /* -1: none */
	unsigned life; /* raised at each close: who called out looks whether it is still the same */
	struct tcp_end local;
	struct tcp_end remote;
	ev_io readable;
	ev_io writable; /* the connect is done, or room for the queue */
	ev_idle more;   /* whole messages are left in the buffer */
	ev_timer hold;
	ev_timer keepalive;
	ev_timer send_hold;
	uint64_t hold_deadline_ms;
	uint32_t hold_ms;
	uint64_t progress_ms; /* when the peer's TCP last took something, or had nothing to take */
	uint64_t acked;       /* of `written` */
	uint64_t written;     /* bytes given to the socket */
	struct sendq out;
	uint8_t *in; /* small or the session's big one */
	size_t in_capacity;
	size_t in_len;
	bool peer_known;
	struct bgp_open peer;
	struct bgp_graceful graceful; /* as we said it */
	uint32_t families;
	bool enhanced_refresh;
	bool extended_in;           /* we said that we take extended messages */
	bool extended_out;          /* and so did the peer */
	uint32_t extended_next_hop; /* of them those whose next hop may be IPv6 */
	uint32_t add_path;          /* of them those that come with path identifiers */
	uint16_t hold_time_s;
	uint16_t keepalive_time_s;
	uint8_t small[CONN_READ_SMALL];
};

struct session {
	struct ev_loop *loop;
	const struct session_ops *ops;
	void *arg;
	char *name;
	struct session_conf conf;     /* in force */
	struct session_conf wanted;   /* from the next start on */
	struct bgp_graceful graceful; /* for the next OPEN */
	bool started;
	bool paused;
	bool damped; /* idle hold after a fault of the peer: connections are refused */
	struct conn outgoing;
	struct conn incoming;
	ev_timer connect_retry;
	ev_timer idle_hold;
	unsigned connect_failures;
	unsigned idle_failures;
	uint8_t *big;
	uint64_t since_ms;
	enum fsm_state shown; /* state that since_ms belongs to */
	uint64_t last_down_ms;
	char last_down[SESSION_TEXT_MAX];
	char notification_sent[SESSION_TEXT_MAX];
	char notification_received[SESSION_TEXT_MAX];
	struct session_counters counters;
	struct log_limit fault_limit;
	struct log_limit failure_limit;
};

/* What a connection has met, for session_step.c. Borrowed during the call. */
struct happening {
	enum fsm_event event;
	enum session_down_cause cause;
	const struct bgp_error *error;   /* what to send, of events that have one */
	const char *text;                /* for people; NULL: the event's name */
	const char *notification;        /* received: its name; else NULL */
	uint8_t type;                    /* of the message, where it is one */
	const struct bgp_update *update; /* to deliver */
	uint32_t refresh_family;
	enum bgp_refresh refresh;
};

/* session_step.c */
void conn_happen(struct conn *c, const struct happening *h);
void conn_event(struct conn *c, enum fsm_event event, enum session_down_cause cause);

/* session_conn.c */
void conn_init(struct conn *c, struct session *s, bool incoming);
void conn_connect(struct conn *c);      /* may fail: a happening */
void conn_take(struct conn *c, int fd); /* an accepted socket */
void conn_close(struct conn *c);
void conn_hold_start(struct conn *c, uint32_t ms); /* 0: off */
void conn_keepalive_start(struct conn *c);
void conn_send_hold_start(struct conn *c);
void conn_reading_update(struct conn *c); /* after a pause, or when messages are left */
struct conn *conn_other(const struct conn *c);
bool conn_paused(const struct conn *c);

/* session_read.c */
void conn_read(struct conn *c);   /* once from the socket, then messages */
void conn_handle(struct conn *c); /* messages in the buffer */
bool conn_has_message(const struct conn *c);
void conn_read_grow(struct conn *c); /* Established: the big buffer, for much or for long ones */

/* session_send.c: bytes are whole messages */
int conn_send(struct conn *c, const void *bytes, size_t len); /* 0 or -ENOBUFS, -ENOTCONN */
void conn_flush(struct conn *c);
void conn_send_last(struct conn *c, const void *bytes, size_t len); /* drops what waits */
size_t conn_unsent(const struct conn *c);

/* session.c */
uint64_t session_now_ms(const struct session *s);
uint32_t session_random(void);
void session_connect_retry_start(struct session *s);
void session_idle_hold_start(struct session *s, const struct conn *after);
void session_adopt(struct session *s); /* `wanted` comes into force where nothing is connected */
struct conn *session_established_conn(const struct session *s);
void session_state_note(struct session *s);

/* session_text.c */
const char *families_text(uint32_t families);
void session_log_established(const struct conn *c);
/* What happened, for people: "received Cease/Administrative Reset". */
void happening_text(
	const struct happening *h, const struct fsm_step *step, char *out, size_t capacity);
/* notification: name of the one sent or received, or NULL */
void session_log_down(const struct session *s, enum session_down_cause cause,
	const char *notification, const char *text);
void session_log_failure(struct session *s, enum fsm_state state, const char *text);
void session_log_faults(struct session *s, const struct bgp_update *u);
void session_note_failure(struct session *s, const char *text);
void session_wait_text(const struct session *s, char *out, size_t capacity);
