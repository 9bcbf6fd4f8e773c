/*
 * One configured neighbour: its BGP session, its place in the RIB, its BFD session. bgp process.
 *
 *   neighbor.c  life, configuration, what the session tells
 *   liveness.c  its BFD session: what is asked for, what follows from its state
 *   liveness_users.c  neighbours that share one session; its keys
 *   graceful.c  graceful restart: what we say, stale routes while the neighbour restarts
 *   refresh.c   enhanced route refresh: stale routes while the neighbour sends all again
 *   limit.c     maximum-prefix: warnings and what happens at the limit
 *   key.c       password and key files
 *   unnumbered.c  the address of one that is named by its interface
 *   admin.c     what operators do to it
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bgpd-lite/announcer.h"
#include "bgpd-lite/bgp/hold.h"
#include "bgpd-lite/budget.h"
#include "bgpd-lite/daemon.h"
#include "bgpd-lite/feed.h"
#include "bgpd-lite/outlet.h"
#include "bgpd-lite/speaker.h"
#include "conf/diff.h"
#include "lib/log.h"

enum {
	ADMIN_MESSAGE_MAX = 255, /* bytes of UTF-8, RFC 9003 */
};

/* RFC 4724: what both said last, and the routes that stay while the neighbour restarts. */
/* What the OPEN of a session was made of; a change of it needs a new session. */
struct graceful_said {
	uint32_t mode; /* enum conf_graceful */
	uint32_t restart_time_s;
	uint32_t long_lived_stale_time_s;
};

struct graceful {
	struct bgp_graceful ours;
	struct bgp_graceful theirs;
	uint32_t families;   /* BGP_FAMILY_* whose routes would stay */
	bool held;           /* the session is lost, its routes are in use */
	uint32_t stale;      /* families that may have stale routes */
	uint64_t restart_ms; /* CLOCK_MONOTONIC ends of the two timers; 0: not running */
	uint64_t patience_ms;
	struct bgp_long_lived asked; /* RFC 9494, as it said it last */
	uint32_t long_lived;         /* families whose stale routes are the last choice */
	uint64_t long_ms[2];
	struct ev_timer lasting[2]; /* their time, IPv4 and IPv6 */
	struct ev_timer restart;    /* the neighbour's restart time */
	struct ev_timer patience;   /* our stale-time */
};

/* RFC 7313: the neighbour sends all its routes again. */
struct refresh {
	uint32_t families; /* BGP_FAMILY_*: between BoRR and EoRR */
	uint64_t end_ms;   /* CLOCK_MONOTONIC end of our patience; 0: not running */
	struct ev_timer patience;
	struct log_limit lines;
};

struct neighbor {
	struct daemon *daemon;
	const struct conf_neighbor *conf; /* in daemon->conf */
	struct addr address; /* conf's; or learnt, where conf has none: until then :: */
	uint32_t link_peers; /* that it could be, at the last look; where conf has no address */
	struct session *session;
	struct filter *import; /* compiled; NULL: none given */
	uint16_t vrf;          /* index of daemon->vrfs and of the rib */
	uint16_t peer;         /* slot of the rib while Established or held, else RIB_NO_PEER */
	struct graceful graceful;
	struct refresh refresh;
	uint32_t incarnation; /* of the present or last life of the session */
	uint32_t end_of_rib;  /* BGP_FAMILY_*: received in this life */
	struct outlet out;
	struct feed feed;
	struct speaker *speaker; /* a speaker of this host, Established or held; else NULL */
	uint32_t bfd_id;         /* 0: no BFD session is asked for */
	bool bfd_told;           /* bfd is valid */
	uint8_t limit_level[2];  /* enum limit_level, IPv4 and IPv6 */
	bool limit_stopped;      /* maximum-prefix-action = shutdown: until it is configured anew */
	uint64_t told;           /* octets of prefixes in its UPDATEs, ever */
	uint64_t told_before;    /* the same when few prefixes waited for a decision last */
	uint64_t blocked;        /* prefixes refused in this life: maximum-prefix-action = block */
	struct log_limit limit_lines;
	struct ration ration;
	bool pending; /* Established with other settings than those of its next start */
	struct graceful_said said; /* of the present session */
	uint32_t reached_by; /* ifindex that led to it, and our address there, at the last look */
	struct addr reached_from;
	bool admin_down; /* by an operator; survives reloads */
	char admin_message[ADMIN_MESSAGE_MAX + 1];
	struct hold_conf hold_conf;
	struct hold hold;    /* does BGP wait for BFD? */
	ev_timer hold_timer; /* it need not any more */
	bool held;           /* it does */
	char waiting[160];   /* why the session is not started: "no remote-as is given", "" */
	struct bfd_msg_set bfd_wish;  /* what it asks for itself, without keys */
	struct bfd_msg_set bfd_asked; /* what bfd was last told, of all users of the session */
	struct bfd_msg_state bfd;     /* last change */
	struct bfd_msg_stats bfd_stats;
	char bfd_error[160];   /* why its keys cannot be used, "" */
	uint64_t bfd_stats_ms; /* when they came, 0: never */
};

struct neighbor *neighbor_new(struct daemon *d); /* NULL: no memory */
/* De-configured: Cease 6/3, BFD AdminDown, paths go. Frees it. */
void neighbor_free(struct neighbor *n);
/* Takes conf, the rib's VRF index and a reference to the compiled filter over; starts, stops or
 * changes what must be. reset: a running session is ended to use what needs a new one. */
void neighbor_configure(struct neighbor *n, const struct conf_neighbor *conf, uint16_t vrf,
	struct filter *import, enum conf_change change, bool reset);
/* Links or addresses changed: devices that came or went, sources, BFD parameters. */
void neighbor_links_changed(struct neighbor *n);
/* As a person writes it: "192.0.2.1 vrf red", "fe80::1%eth0". */
struct neighbor *neighbor_by_name(struct daemon *d, const char *name);

/* neighbor_session.c: starts or stops it, or says why it waits; pending is as it is now. */
void neighbor_session_configure(struct neighbor *n);
void neighbor_hold_changed(struct neighbor *n); /* starts or stops what waits for BFD */

/* The ifindex of the VRF device (0: the default VRF, or none is there); *ready false: the VRF has a
 * device that does not exist now. */
uint32_t neighbor_vrf_ifindex(const struct neighbor *n, bool *ready);
/* The interface that leads to a single-hop neighbour, 0 when unknown or multihop. */
uint32_t neighbor_ifindex(const struct neighbor *n);

/* admin.c; message: "" for none, at most ADMIN_MESSAGE_MAX bytes */
bool neighbor_is_shutdown(const struct neighbor *n); /* by configuration, operator or drain */
/* What the peer is told of it (RFC 9003), or NULL. */
const char *neighbor_shutdown_text(const struct neighbor *n);
/* What neighbor_is_shutdown() says of all may be different now. */
void neighbors_administered(struct daemon *d);
void neighbor_shutdown(struct neighbor *n, const char *message);
void neighbor_enable(struct neighbor *n);
/* Ends the session, which starts again; soft: judges its paths again and asks for its routes again
 * where it can be asked. False: soft, and it is not Established. */
bool neighbor_clear(struct neighbor *n, bool soft);

/* liveness.c */
void liveness_update(struct neighbor *n); /* asks for, changes or removes the BFD session */
void liveness_remove(struct neighbor *n);
void liveness_configure(struct neighbor *n); /* n->conf is another */
/* liveness_users.c: m is what n asks for, without keys and id. */
void liveness_ask(struct neighbor *n, const struct bfd_msg_set *m);
void liveness_leave(struct neighbor *n); /* n->bfd_id is 0 then */
bool liveness_is_shared(const struct neighbor *n);
void neighbor_bfd_state(struct neighbor *n, const struct bfd_msg_state *m);
/* BGP, which is not Established, has to wait for BFD; neighbor_hold_changed() is called when that
 * ends by time. */
bool liveness_holds(struct neighbor *n);

/* Established: not down, nor held while it restarts. */
static inline bool neighbor_is_up(const struct neighbor *n)
{
	return n->peer != RIB_NO_PEER && !n->graceful.held;
}

/* graceful.c */
void graceful_init(struct neighbor *n);
void graceful_stop(struct neighbor *n); /* timers off, nothing is stale any more */
void graceful_say(struct neighbor *n);  /* what the next OPEN says */
struct graceful_said graceful_said(const struct conf_neighbor *c);
/* The session came up. True: the peer's slot with its stale routes goes on under n->incarnation. */
bool graceful_back(struct neighbor *n, const struct session_info *info, const struct rib_peer *p);
/* The session was lost; true: its routes stay. */
bool graceful_keep(struct neighbor *n, enum session_down_cause cause);
void graceful_end_of_rib(struct neighbor *n, uint32_t families);
/* The held routes go. */
void graceful_drop(struct neighbor *n, enum fib_cause cause, const char *why);
bool graceful_host_kept(const char *state_dir);   /* we ran before on this boot of the host */
void graceful_host_forget(const char *state_dir); /* nothing is left in the kernel */

/* refresh.c */
void refresh_init(struct neighbor *n);
void refresh_stop(struct neighbor *n); /* the session has ended */
void refresh_received(struct neighbor *n, uint32_t family, enum bgp_refresh subtype);

static inline bool neighbor_address_known(const struct neighbor *n)
{
	return !addr_is_unspecified(n->address);
}

/* unnumbered.c */
void unnumbered_configure(struct neighbor *n);          /* n->conf is another: n->address follows */
const char *unnumbered_waits(const struct neighbor *n); /* why its address is not known, "" */
/* Somebody at that link-local address of its interface, found by `how`: the neighbour, which begins
 * with that address. False: it has another one. */
bool unnumbered_met(struct neighbor *n, struct addr a, const char *how);

/* limit.c */
enum limit_level {
	LIMIT_FAR,
	LIMIT_NEAR, /* 75 % */
	LIMIT_OVER,
};
void limit_start(struct neighbor *n);              /* Established */
void limit_watch(struct neighbor *n);              /* the number of paths may have changed */
uint32_t limit_rib(const struct conf_neighbor *c); /* rib_peer.maximum_prefix */
/* RIB_LIMIT was the answer to a path of that family; true: the session goes on. */
bool limit_reached(struct neighbor *n, uint32_t family);

/* key.c: the key into key[SESSION_PASSWORD_MAX]. Its length, 0 without a file, or -1 with
 * the reason and the way to mend it in why. */
int key_read(const struct daemon *d, const char *file, uint8_t *key, char *why, size_t why_max);
