/*
 * One BFD session: RFC 5880's variables (6.8.1), the negotiation of intervals (6.8.2, 6.8.3), the
 * moments of its two timers (6.8.4, 6.8.7) and what has to be done at an event. Pure: the time
 * (CLOCK_MONOTONIC, ns) and random numbers are arguments, what is to be done is returned as a set
 * of actions. Used by the bfd process.
 *
 * Nothing here is a running timer: bfd_session_due() says when the session wants attention next. A
 * received packet only moves that moment, so the caller's timers may be lazy.
 *
 * A Poll sequence runs when an advertised interval changes in Up, and on entering Up. Outside of
 * Up changed intervals are in force at once and no Poll is needed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bfd/channel.h"
#include "bfd/fsm.h"
#include "bfd/packet.h"

enum bfd_action {
	BFD_ACTION_SEND = 1,       /* a packet now, not waiting for the timer */
	BFD_ACTION_SEND_FINAL = 2, /* a packet with F now */
	BFD_ACTION_CHANGED = 4,    /* state changed, from prev_state */
	BFD_ACTION_REMOTE = 16,    /* the peer entered or left AdminDown, our state is the same */
	BFD_ACTION_DEAD = 8,       /* left Up and the path is dead: fib has to know */
};

#define BFD_NEVER UINT64_MAX

struct bfd_session {
	/* who: set by the owner before bfd_session_start() */
	uint32_t id;
	uint32_t incarnation;
	uint32_t ifindex; /* 0: any */
	char device[16];  /* zeros behind its end */
	struct addr local;
	struct addr remote;
	bool multihop;

	/* what is configured */
	uint32_t tx_us;
	uint32_t rx_us;
	uint8_t multiplier;
	uint8_t minimum_ttl; /* of multihop */
	bool passive;
	bool zero_checksum;
	struct bfd_auth auth;

	/* bfd.RcvAuthSeq, bfd.AuthSeqKnown, bfd.XmitAuthSeq; the packet that was signed last */
	uint32_t auth_rx_seq;
	uint32_t auth_tx_seq;
	bool auth_rx_known;
	uint8_t auth_sent[BFD_PACKET_LEN];

	/* RFC 5880 6.8.1 */
	uint8_t state;      /* enum bfd_state */
	uint8_t prev_state; /* before the last change */
	uint8_t diag;       /* enum bfd_diag */
	uint8_t remote_state;
	uint8_t remote_diag;
	uint8_t remote_multiplier;
	bool remote_c;
	bool remote_demand;
	uint32_t local_discr;
	uint32_t remote_discr; /* 0: not known */
	uint32_t remote_tx_us;
	uint32_t remote_rx_us;

	/* intervals in force: what is configured, or the value before a Poll that is not answered
	 */
	uint32_t use_tx_us;
	uint32_t use_rx_us;
	bool poll;
	bool poll_again; /* changed again during a Poll: another one, after a packet without P */

	/* moments */
	uint64_t state_since_ns;
	uint64_t last_tx_ns; /* periodic one; 0: none yet */
	uint64_t last_rx_ns; /* last valid packet; 0: none yet */
	uint64_t grace_ns;   /* the detection time ends no earlier than this */
	uint64_t linger_ns;  /* AdminDown is sent until then; 0: not removed */
	uint64_t wake_ns;    /* the owner's own wish; 0: none */
	uint64_t late_at_ns; /* when a timer of ours last fired more than half a detection late */
	uint32_t linger_tx_us;
	uint32_t jitter; /* random number of the periodic packet that is next */
	bool graced;     /* grace was given since the last valid packet */
	bool suspect;    /* its detection timer fired; bfd_session_expire() will judge */

	/* table.h */
	uint64_t due_ns;
	uint32_t heap_at;
	struct bfd_session *next_by_id;
	struct bfd_session *next_by_discr;
	struct bfd_session *next_by_path;

	/* counts */
	uint64_t rx_packets;
	uint64_t tx_packets;
	uint64_t rx_dropped;
	uint64_t drops[BFD_DROP_N - BFD_DROP_OF_SESSION]; /* by reason; rx_dropped is the sum */
	uint64_t up_n;
	uint64_t down_n;
	uint64_t down_late_n;
	uint64_t saved_by_drain;
	uint64_t tx_late_max_us;
	uint64_t tx_late_sum_us;
};

/* Down, nothing known of the peer. The caller sends the first packet at once. */
void bfd_session_start(struct bfd_session *s, uint32_t discr, uint64_t now_ns);

/* New parameters, without a bounce (6.8.3). */
void bfd_session_configure(
	struct bfd_session *s, uint32_t tx_us, uint32_t rx_us, uint8_t multiplier);

/* A packet that passed every check up to "only now store". Returns actions, or *drop is set
 * (AdminDown: what the peer said is stored, nothing else happens). */
unsigned bfd_session_packet(struct bfd_session *s, const struct bfd_packet *p, uint64_t at_ns,
	uint64_t now_ns, enum bfd_drop *drop);

/* PATH_DOWN or DISABLE. DISABLE: see bfd_session_disable(). */
unsigned bfd_session_event(struct bfd_session *s, enum bfd_event event, uint64_t now_ns);

/* AdminDown until linger_ns: the peer's detection time, at the rate of before (6.8.16). A peer that
 * was never heard needs no goodbye: then linger_ns is now. */
unsigned bfd_session_disable(struct bfd_session *s, uint64_t now_ns);

/* Everything that waited in the sockets has been read. Not silent long enough: counted as saved.
 * Silent, but in doubt (packets were lost by overflow, or we ourselves woke more than half a
 * detection time late): once, one detection time of grace. Otherwise the session goes Down and
 * forgets the peer. */
unsigned bfd_session_expire(struct bfd_session *s, bool doubt, uint64_t now_ns);

/* A timer of this session fired late_ns after its moment. */
void bfd_session_note_late(struct bfd_session *s, uint64_t late_ns, uint64_t now_ns);
bool bfd_session_node_late(const struct bfd_session *s, uint64_t now_ns);

void bfd_session_fill(const struct bfd_session *s, bool final, struct bfd_packet *out);
/* The bytes of the next packet, signed where authentication is configured; their number. */
size_t bfd_session_encode(struct bfd_session *s, bool final, uint8_t out[BFD_PACKET_MAX]);
/* Another authentication (sane). */
void bfd_session_set_auth(struct bfd_session *s, const struct bfd_auth *a);
/* The sequence numbers that a packet that arrives now may have. */
struct bfd_auth_window bfd_session_auth_window(
	const struct bfd_session *s, const struct bfd_packet *p, uint64_t at_ns);
/* A packet was authentic. */
void bfd_session_auth_seen(struct bfd_session *s, uint32_t seq);
/* A packet without F was sent, or could not be: either way this sets the moment of the next. The
 * random number makes its jitter. (Counting packets is the sender's.) */
void bfd_session_rephase(struct bfd_session *s, uint32_t random, uint64_t now_ns);

/* False: in the passive role, and the peer was not heard (6.8.7). */
bool bfd_session_may_send(const struct bfd_session *s);
uint32_t bfd_session_tx_us(const struct bfd_session *s);        /* in force; 0: no periodic ones */
uint64_t bfd_session_detection_ns(const struct bfd_session *s); /* 0: peer not known */
uint64_t bfd_session_next_tx_ns(const struct bfd_session *s);   /* or BFD_NEVER */
/* Due, or 12.5 ms before and not under 75 % of the interval: then it may leave in the wake-up of
 * others. */
bool bfd_session_tx_is_near(const struct bfd_session *s, uint64_t now_ns);
uint64_t bfd_session_expiry_ns(const struct bfd_session *s); /* or BFD_NEVER */
uint64_t bfd_session_due_ns(const struct bfd_session *s);    /* the earliest of all */
