/*
 * A test bed: a RIB, a host with links, a fake fib behind it, peers and paths in few words, and the
 * check that at rest the kernel has what the RIB wants and nothing else.
 */
#pragma once

#include "tests/unit/rib/fake_fib.h"

enum {
	BED_PEERS = 8,
	BED_TABLE = 1001,
	BED_LEAK_TABLE = 1002, /* of another VRF, which imports */
	BED_OTHER = 7,         /* the peer that is there, where there is such a VRF */
};

struct bed {
	struct rib *rib;
	struct fake_fib *fib;
	uint64_t now_ms;
	uint32_t incarnation;
	uint16_t peer[BED_PEERS]; /* by number of the peer; RIB_NO_PEER when down */
	uint32_t life[BED_PEERS];
	struct filter *all;
	enum decide_bandwidth bandwidth;
	struct filter *leaks; /* what the other VRF imports; NULL: there is none */
	bool flushed[2];      /* the first VRF, the other one */
};

struct path_spec {
	uint32_t local_pref; /* 0: absent */
	uint8_t as_path_length;
	uint32_t med;
	uint32_t first_as;  /* 0: the peer's */
	uint32_t next_hop;  /* 0: the peer's address */
	uint32_t community; /* 0: none */
	float bandwidth;    /* of the link; 0: none, below: the community of it with that number */
};

struct addr ip(const char *text);
struct prefix pfx(const char *text);
struct prefix pfx_n(uint32_t n); /* 100.64.0.0/24 and so on */
/* One VRF with table 1001 on all links; links 2 .. 5 with 10.0.LINK.2/24, peer n is 10.0.L.(10+n)
 * on link L = 2 + n % 4, AS 65001 + n. */
struct bed *bed_new(void);
struct bed *bed_new_plain(void); /* the kernel gets no nexthop objects */
void bed_free(struct bed *b);
/* A new RIB over the same kernel, whose routes are adopted; the caller ends the adoption. */
void bed_restart(struct bed *b);
void bed_link(
	struct bed *b, unsigned link, bool up); /* the kernel, fib and the RIB, in this order */
void bed_link_kernel(struct bed *b, unsigned link, bool up);
void bed_link_told(struct bed *b, unsigned link, bool up); /* FIB_MSG_LINK has come */
struct addr bed_peer_address(unsigned n);
void bed_peer_up(struct bed *b, unsigned n, struct filter *import);
/* The same over several hops: its next hops may be on no link. */
void bed_peer_up_far(struct bed *b, unsigned n, struct filter *import);
void bed_peer_down(struct bed *b, unsigned n, enum fib_cause cause);
const struct attrs *bed_attrs(struct bed *b, unsigned n, struct path_spec s);
void bed_announce(struct bed *b, unsigned n, const struct prefix *p, struct path_spec s);
void bed_withdraw(struct bed *b, unsigned n, const struct prefix *p);
void bed_rest(struct bed *b);              /* until nothing is to be done */
void bed_wait(struct bed *b, uint64_t ms); /* the same, with time passing */
void bed_check(struct bed *b);             /* at rest: kernel = RIB */
/* The kernel sends the prefix to exactly these peers, as bits; 0: no route. */
void bed_expect(struct bed *b, const struct prefix *p, unsigned live, unsigned fallback);
/* What the kernel weighs peers by does for these bandwidths of theirs, 0: none; by peer. */
void bed_expect_weights(
	struct bed *b, const struct prefix *p, const double *live, const double *fallback);
/* VRF 4 with table 1002 and the same options takes of the first one's what the filter permits. */
void bed_leak(struct bed *b, struct filter *list);
void bed_expect_in(
	struct bed *b, uint32_t table, const struct prefix *p, unsigned live, unsigned fallback);
/* Flushes VRF 3, or the other one, or undoes it. */
void bed_flush(struct bed *b, bool other, bool flushed);
/* Its option bestpath-bandwidth. */
void bed_bandwidth(struct bed *b, enum decide_bandwidth mode);
struct filter *filter_of(const struct filter_rule *rules, size_t n);
struct filter *filter_le(const char *prefix, uint8_t le); /* permits it and longer to le */
struct filter *filter_everything(void);
