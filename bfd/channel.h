/*
 * The channel between the bgp and the bfd process, both directions. Plain structs, fixed size, one
 * a packet, version checked by the receiver. (What bfd tells fib stands in rib/fib/channel.h.)
 *
 * bgp owns the ids of sessions. A session is asked for with BFD_MSG_SET; the same id again changes
 * its parameters without a bounce (RFC 5880 6.8.3: Poll sequence). BFD_MSG_REMOVE sends AdminDown
 * for a detection time and then forgets it.
 *
 * `incarnation` names one life of a BGP session at one gateway (see rib/fib/channel.h). bgp sends
 * BFD_MSG_SET again with a new value whenever BGP reaches Established. When the BFD session leaves
 * Up for a reason that says the path is dead (diag 1; diag 3 with a Down from the peer; diag 5: the
 * device that its sockets are bound to is gone; never an AdminDown), bfd first sends
 * FIB_MSG_SESSION_DOWN with that incarnation (if not 0) to fib, then BFD_MSG_STATE to bgp.
 */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "bfd/auth.h"
#include "bfd/drop.h"
#include "lib/addr.h"
#include "lib/chan.h"

enum {
	BFD_CHANNEL_VERSION = 1,
};

enum bfd_msg_type {
	/* bgp -> bfd */
	BFD_MSG_SET = 1,    /* struct bfd_msg_set */
	BFD_MSG_REMOVE = 2, /* struct bfd_msg_id */
	BFD_MSG_QUERY = 3,  /* struct bfd_msg_id; answered by one BFD_MSG_STATS; id 0: one for each
			     * session, then one with id 0 */
	BFD_MSG_STOP = 4,   /* chan_head alone: AdminDown on all sessions for a detection time, then
			     * exit 0 */
	BFD_MSG_PING = 5,   /* chan_head alone: answered by BFD_MSG_ALIVE */
	/* bfd -> bgp */
	BFD_MSG_STATE = 16, /* struct bfd_msg_state, at every change of state, and
			     * (state == old_state) when the peer enters or leaves AdminDown */
	BFD_MSG_STATS = 17, /* struct bfd_msg_stats */
	BFD_MSG_ALIVE = 18, /* chan_head alone: the loop runs */
};

/* RFC 5880 4.1 */
enum bfd_state {
	BFD_STATE_ADMIN_DOWN = 0,
	BFD_STATE_DOWN = 1,
	BFD_STATE_INIT = 2,
	BFD_STATE_UP = 3,
};

enum bfd_diag {
	BFD_DIAG_NONE = 0,
	BFD_DIAG_TIME_EXPIRED = 1,
	BFD_DIAG_ECHO_FAILED = 2,
	BFD_DIAG_NEIGHBOR_DOWN = 3,
	BFD_DIAG_FORWARDING_RESET = 4,
	BFD_DIAG_PATH_DOWN = 5,
	BFD_DIAG_CONCATENATED_DOWN = 6,
	BFD_DIAG_ADMIN_DOWN = 7,
	BFD_DIAG_REVERSE_CONCATENATED_DOWN = 8,
};

struct bfd_msg_set {
	struct chan_head head;
	uint32_t id;          /* bgp's, not 0 */
	uint32_t incarnation; /* 0: report to bgp alone */
	char device[16];      /* VRF device or interface the sockets are bound to; "" for none */
	uint32_t ifindex;     /* interface the packets use; 0 where bgp does not know it (then it is
			       * not checked); needed for IPv6 link-local addresses */
	uint32_t tx_us;       /* Desired Min TX Interval in Up, 10 000 and more */
	uint32_t rx_us;       /* Required Min RX Interval */
	struct addr local;
	struct addr remote;
	uint8_t multiplier;   /* Detect Mult, 1..255 */
	bool multihop;        /* port 4784 (RFC 5883); ifindex is 0 then */
	uint8_t minimum_ttl;  /* multihop: packets that arrive with less are dropped, 1..255 */
	bool passive;         /* sends nothing before the peer was heard (RFC 5880 6.1) */
	bool zero_checksum;   /* IPv6: its socket takes packets without UDP checksum */
	struct bfd_auth auth; /* keys of a session that runs change without a bounce */
};
static_assert(sizeof(struct bfd_msg_set) == 172, "bfd_msg_set is an interface");

struct bfd_msg_id {
	struct chan_head head;
	uint32_t id;
};

/* One change of state. */
struct bfd_msg_state {
	struct chan_head head;
	uint32_t id;
	uint32_t incarnation;
	uint8_t state;        /* enum bfd_state, ours, now */
	uint8_t old_state;    /* ours, before */
	uint8_t diag;         /* enum bfd_diag, ours */
	uint8_t remote_state; /* as last received */
	uint8_t remote_diag;  /* as last received */
	uint8_t remote_c;     /* C bit of the last packet (RFC 5882 4.3) */
	uint8_t node_late;    /* 1: we ourselves woke more than half a detection time late */
	uint8_t spare;
	uint64_t at_ns;        /* CLOCK_MONOTONIC of the decision */
	uint64_t last_rx_ns;   /* CLOCK_MONOTONIC of the last valid packet, 0 for none */
	uint64_t detection_ns; /* detection time in force */
};

struct bfd_msg_stats {
	struct chan_head head;
	uint32_t id;
	uint8_t state;
	uint8_t diag;
	uint8_t remote_state;
	uint8_t remote_diag;
	uint8_t multiplier;
	uint8_t remote_multiplier;
	uint8_t remote_c;
	uint8_t spare;
	uint32_t local_discr;
	uint32_t remote_discr;
	uint32_t tx_interval_us; /* in force now */
	uint32_t remote_tx_us;   /* the peer's Desired Min TX */
	uint32_t remote_rx_us;   /* the peer's Required Min RX */
	uint32_t detection_us;   /* 0: no detection yet */
	uint64_t state_since_ns; /* CLOCK_MONOTONIC */
	uint64_t rx_packets;
	uint64_t tx_packets;
	uint64_t rx_dropped;        /* for this session, after it was found */
	uint64_t rx_refused;        /* by the whole process: no session, bad TTL, malformed */
	uint64_t drops[BFD_DROP_N]; /* by reason: rx_dropped from BFD_DROP_OF_SESSION on, rx_refused
				     * below */
	uint64_t up_n;              /* times the session came up */
	uint64_t down_n;            /* times it left Up */
	uint64_t down_late_n;       /* of down_n: we ourselves had woken late (node_late) */
	uint64_t saved_by_drain;    /* timers that fired while packets waited in the socket */
	uint64_t tx_late_max_us;
	uint64_t tx_late_sum_us;   /* / tx_packets = the average */
	uint64_t wake_late_max_us; /* of the whole process: its timer's wake-ups */
	uint64_t wake_late_sum_us; /* / wake_n = the average */
	uint64_t wake_n;
	char error[64]; /* why it cannot run ("bind: Address not available"), or "" */
};
static_assert(sizeof(struct bfd_msg_stats) % 8 == 0, "bfd_msg_stats is an interface");
