/*
 * A deterministic simulator: RIB, decision and the fib process as they are, over a fake kernel,
 * with a virtual clock, several gateways and faults chosen by dice. What bgp's edges do with the
 * RIB is done here in the same words (fibc.c, adopt.c); sessions and BFD are events.
 *
 * The world: links 2 .. 4 in VRF red (table 1001, no device), link 5 in VRF blue, whose device has
 * the table. Peer n has 10.0.L.(10+n) and 2001:db8:L::(10+n) on its link L. Each says what it says
 * whenever its session comes up. With SIM_FAR peers 1, 3 and 5 are several hops away, and so are
 * their next hops: other programs' routes lead there by a router of each peer's own, on any link of
 * the VRF.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rib/fib/fib.h"
#include "rib/rib.h"
#include "tests/unit/fib/fake_edges.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) /* clang */
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SIM_SANITIZED 1 /* slow: fewer schedules, not every place */
#else
#define SIM_SANITIZED 0
#endif

enum {
	SIM_PEERS = 6,
	SIM_PREFIXES = 14,
	SIM_V6 = 10, /* prefixes from here on are IPv6 */
	SIM_LINKS = 4,
	SIM_LINK = 2, /* the first */
	SIM_RED = 1001,
	SIM_BLUE = 1002,
	SIM_VRF_LINK = 10, /* blue's device */
	SIM_METRIC = 20,
	SIM_OTHER_METRIC = 30, /* that policies set */
	SIM_SOURCES = 2,       /* addresses that they set, of each VRF and family; 0: none */
	SIM_EFFECTS = 2 * (SIM_SOURCES + 1),
	SIM_ID_FIRST = 0x10000000,
	SIM_ID_LAST = 0x1fffffff,
};

/* Which faults may happen, as bits. */
enum {
	SIM_SESSIONS = 1,
	SIM_LINKS_FLAP = 2,
	SIM_FOREIGN = 4,   /* others delete, replace and add */
	SIM_ERRORS = 8,    /* the kernel refuses */
	SIM_LOSSES = 16,   /* notifications, answers, dumps */
	SIM_RESTARTS = 32, /* of all processes, the kernel keeps what it has */
	SIM_VRFS = 64,     /* the device goes and returns, perhaps with another table */
	SIM_ALL = 127,
	SIM_FALLTHROUGH = 128, /* no fault: tables have no unreachable default */
	SIM_POLICIES = 256,    /* no fault: paths set a source and a metric */
	SIM_PLAIN = 512,       /* no fault: nexthop-mode = multipath */
	SIM_MODES = 2048,      /* with SIM_RESTARTS: the nexthop-mode changes with some of them */
	SIM_FAR = 1024,        /* next hops of some peers are resolved by other programs' routes */
	SIM_JOIN = 4096,       /* no fault: groups that are equal are joined, however few */
};

struct sim_path {
	bool said;
	uint8_t local_pref; /* 0: absent, else + 100 */
	uint8_t effect;     /* what a policy makes of it: sim_effect_source(), _metric() */
};

struct sim_peer {
	bool up;       /* as bgp knows */
	bool bfd_told; /* fib was told by bfd, bgp not yet */
	uint16_t slot; /* of the rib */
	uint32_t life; /* incarnation */
	struct sim_path path[SIM_PREFIXES];
};

enum sim_phase {
	SIM_STARTS, /* links and what was adopted are not told yet */
	SIM_LISTS,  /* LIST was asked for */
	SIM_ADOPTS, /* routes of an earlier life wait */
	SIM_SWEEPS, /* SWEEP follows when nothing is to be decided */
	SIM_RUNS,
};

struct sim {
	uint32_t random;
	unsigned faults; /* bits */
	bool chaos;      /* they happen now */
	unsigned errors; /* per 1000 requests */
	struct fake_kernel *kernel;
	struct fib *fib;
	struct rib *rib;
	struct filter *all[2]; /* permits all, with what a path of that VRF sets */
	enum sim_phase phase;
	bool synced, adopted_told, adopted_any;
	struct sim_peer peer[SIM_PEERS];
	bool plain;          /* nexthop-mode = multipath in this life */
	bool plain_left;     /* an earlier one was so, and was not swept */
	uint32_t blue_table; /* of its device; 0: that is gone */
	uint32_t lives;      /* incarnations given out */
	uint32_t trace;
	char why[200]; /* what sim_agrees() found */
	/* Counted since sim_watch(). */
	bool touched[2][SIM_PREFIXES]; /* a request was about the route; by VRF */
	bool absent[2][SIM_PREFIXES];  /* it was gone at some moment */
};

struct sim *sim_new(uint32_t seed, unsigned faults);
void sim_free(struct sim *s);
uint32_t sim_dice(struct sim *s, uint32_t sides);
uint64_t sim_now_ms(void);
void sim_say(const struct sim *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- sim.c: the processes ---- */
bool sim_fib_step(struct sim *s);                   /* false: it had nothing to do */
bool sim_bgp_hear(struct sim *s, unsigned packets); /* false: there was none */
bool sim_bgp_run(struct sim *s, unsigned budget);   /* false: nothing to do */
void sim_settle(struct sim *s);                     /* until nothing is to be done now */
void sim_wait(struct sim *s, uint64_t ms);          /* the same, with time passing */
void sim_restart(struct sim *s);                    /* SIGKILL of all, and a new start */
void sim_adoption_ends(struct sim *s);              /* once all is listed */

/* ---- sim_world.c: what happens ---- */
struct prefix sim_prefix(unsigned i);
struct addr sim_address(unsigned peer, bool v6);
unsigned sim_link_of(unsigned peer);
struct addr sim_effect_source(unsigned vrf, uint8_t effect, bool v6); /* ADDR_NONE: none */
uint32_t sim_effect_metric(uint8_t effect);
unsigned sim_vrf_of(unsigned peer); /* 0 red, 1 blue */
void sim_peer_up(struct sim *s, unsigned n);
void sim_session_down(struct sim *s, unsigned n);
void sim_bfd_down(struct sim *s, unsigned n); /* fib first; bgp at sim_bfd_heard() */
void sim_bfd_heard(struct sim *s, unsigned n);
void sim_path_say(struct sim *s, unsigned n, unsigned i, bool said, uint8_t local_pref);
void sim_link(struct sim *s, unsigned link, bool up);
void sim_address_set(struct sim *s, unsigned link, bool v6, bool present);
void sim_blue(struct sim *s, uint32_t table); /* 0: the device goes */
void sim_source_set(struct sim *s, unsigned vrf, unsigned i, bool v6, bool present);
void sim_host(struct fake_kernel *k); /* links and addresses, all well */
void sim_event(struct sim *s);        /* one, by dice */
void sim_repair_world(
	struct sim *s); /* links, addresses, devices; foreign routes that are in the way
			 */

/* ---- sim_far.c: next hops that are on no link ---- */
bool sim_is_far(const struct sim *s, unsigned peer);
struct addr sim_far_address(unsigned peer, bool v6);
void sim_far_all(struct sim *s); /* all can be reached */
void sim_far_event(struct sim *s);
void sim_far_repair(struct sim *s); /* routes whose network is gone go */
/* The way there by routes of others; false: there is none. */
bool sim_far_way(const struct sim *s, unsigned peer, bool v6, struct hop *out);

/* ---- sim_foreign.c: other programs ---- */
void sim_ask(struct sim *s, struct nl_msg *m, const char *what, uint32_t number); /* frees m */
struct nl_msg *sim_message(void);
void sim_foreign(struct sim *s);

/* ---- sim_check.c ---- */
/* At rest: the kernel has what follows from what is said and lives, and nothing else of ours.
 * False: why says what is wrong. */
bool sim_agrees(struct sim *s);
bool sim_wrong(struct sim *s, const char *format, ...)
	__attribute__((format(printf, 2, 3))); /* false */
bool sim_is_ours(const struct fake_route *r);
bool sim_address_is_there(const struct sim *s, unsigned link, bool v6);
/* What the best of these peers sets: all else is equal, so that of the lowest router id. */
uint8_t sim_effect_of(const struct sim *s, unsigned bits, unsigned i);
/* Gateways of the prefix in the VRF as bits of peers: the best, without those in `but`. */
unsigned sim_best(const struct sim *s, unsigned vrf, unsigned i, unsigned but);

/* ---- sim_probe.c ---- */
void sim_watch(struct sim *s);
/* Waits until it agrees; false: it does not within that time. *took: how long it was. */
bool sim_rest(struct sim *s, uint64_t ms, uint64_t *took);

/* A whole schedule. False: why tells what failed. */
bool sim_run(struct sim *s, unsigned steps);
