#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rib/policy.h"
#include "tests/unit/rib/listener.h"
#include "tests/unit/rib/world.h"

enum {
	PEERS = 5, /* 0 and 4 share a link */
	PREFIXES = 60,
	FUZZ_STEPS = 2000,
	EVEN_SOURCE = 0x0a000202,
	ALL_SOURCE = 0x0a000302,
};

struct world {
	struct bed *b;
	uint32_t random;
	const uint8_t *bytes; /* NULL: from random */
	size_t left;
	struct path_spec path[PEERS][PREFIXES]; /* as_path_length 255: none */
	bool half[PEERS];                       /* its import permits only even prefixes */
	bool link_down[6];
	struct filter *even,
		*all;    /* each sets a source and a metric of its own on every third prefix */
	unsigned errors; /* per 1000 route operations */
	struct filter *leaks[2]; /* what the other VRF imports: three quarters, or the even ones */
	bool leak_half;
	bool other[PREFIXES]; /* it has a path of its own */
	struct listener listener[2];
	bool export_half[2];
};

static uint32_t dice(struct world *w, uint32_t sides)
{
	if (w->bytes) {
		uint8_t b = w->left ? *w->bytes : 0;
		w->bytes += w->left != 0;
		w->left -= w->left != 0;
		return b % sides;
	}
	w->random = w->random * 1664525 + 1013904223;
	return (w->random >> 8) % sides;
}

static bool peer_lives(const struct world *w, unsigned n)
{
	return w->b->peer[n] != RIB_NO_PEER;
}

/* ---- the oracle ---- */

static bool path_usable(const struct world *w, unsigned n, uint32_t i)
{
	return peer_lives(w, n) && w->path[n][i].as_path_length != 255 &&
	       !w->link_down[2 + n % 4] && (!w->half[n] || i % 2 == 0);
}

static uint32_t worth(const struct path_spec *s)
{
	return (s->local_pref << 8) + (200u - s->as_path_length);
}

/* The peer whose address is the gateway of the path: peer 4 may name peer 0's. */
static unsigned gateway_of(const struct world *w, unsigned n, uint32_t i)
{
	return w->path[n][i].next_hop ? 0 : n;
}

/* The best paths, as bits of their peers; none to gateways of `but`. */
static unsigned best_paths(const struct world *w, uint32_t i, unsigned but)
{
	unsigned paths = 0, told = 0;
	uint32_t best = 0;

	for (unsigned n = 0; n < PEERS; n++) {
		if ((but & 1u << gateway_of(w, n, i)) || !path_usable(w, n, i))
			continue;
		uint32_t v = worth(&w->path[n][i]);
		if (v > best)
			paths = told = 0;
		if (v >= best) {
			best = v;
			paths |= 1u << n;
			told |= (unsigned)(w->path[n][i].bandwidth > 0) << n;
		}
	}
	return w->b->bandwidth == DECIDE_BANDWIDTH_SKIP_MISSING && told ? told : paths;
}

/* Their gateways, as bits of the peers they belong to, and what these are weighed by. */
static unsigned best_of(const struct world *w, uint32_t i, unsigned but, double *bandwidth)
{
	unsigned paths = best_paths(w, i, but), bits = 0;
	bool missing = false;

	memset(bandwidth, 0, BED_PEERS * sizeof(*bandwidth));
	for (unsigned n = 0; n < PEERS; n++) {
		unsigned gateway = gateway_of(w, n, i);
		double one = (double)w->path[n][i].bandwidth;
		if (!(paths & 1u << n))
			continue;
		bits |= 1u << gateway;
		if (one > bandwidth[gateway])
			bandwidth[gateway] = one;
	}
	for (unsigned n = 0; n < PEERS; n++)
		missing = missing || ((bits & 1u << n) && bandwidth[n] <= 0);
	if (w->b->bandwidth == DECIDE_BANDWIDTH_IGNORE ||
		(w->b->bandwidth == DECIDE_BANDWIDTH_ALL && missing))
		memset(bandwidth, 0, BED_PEERS * sizeof(*bandwidth));
	return bits;
}

static void link_told(struct world *w, unsigned link)
{
	bed_link_told(w->b, link, !w->link_down[link]);
}

static uint64_t repairs(const struct world *w)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < FIB_DRIFT_N; i++)
		sum += rib_drift(w->b->rib)->n[i];
	return sum;
}

/* What was lost without a word is found; what could not be deleted, or waited for another repair of
 * its prefix when it was listed, by the next audit. */
static void audit_whole(struct world *w)
{
	uint64_t before;

	do {
		before = repairs(w);
		fake_audit_broken(w->b->fib);
		bed_wait(w->b, 1000);
		fake_audit(w->b->fib, SIZE_MAX);
		bed_wait(w->b, 310000);
	} while (repairs(w) != before);
}

/* That of the best path in the set: all else is equal, so the peer with the lowest router id. */
static void expect_source(const struct world *w, uint32_t i)
{
	struct prefix p = pfx_n(i);
	unsigned best = (unsigned)__builtin_ctz(best_paths(w, i, 0));
	struct addr want =
		i % 3 ? (struct addr){0} : addr_v4(w->half[best] ? EVEN_SOURCE : ALL_SOURCE);
	const struct fake_route *r = fake_route(w->b->fib, BED_TABLE, &p);
	assert_memory_equal(r->source, want.b, 16);
	assert_int_equal(r->metric, i % 3 ? 0 : w->half[best] ? 50 : 60);
}

/* Each has the best path of each prefix that its export permits. */
static void check_listener(struct world *w, unsigned i)
{
	struct listener *l = &w->listener[i];

	if (!l->f)
		return;
	listener_hear(l);
	assert_true(rib_follow_complete(w->b->rib, l->f));
	for (uint32_t k = 0; k < PREFIXES; k++) {
		bool wanted = best_paths(w, k, 0) && (!w->export_half[i] || k % 2 == 0);
		uint32_t best = 0;
		for (unsigned n = 0; n < PEERS && wanted; n++)
			if (path_usable(w, n, k) && worth(&w->path[n][k]) > best)
				best = worth(&w->path[n][k]);
		assert_int_equal(l->has[k] != NULL, wanted);
		if (wanted)
			assert_int_equal(
				(l->has[k]->local_pref << 8) + 201 - l->has[k]->as_path_length,
				best);
	}
}

/* The other VRF: its own path wins, what it imports is decided as there. */
static void expect_other(const struct world *w, uint32_t i)
{
	struct prefix p = pfx_n(i);
	double unused[BED_PEERS];
	bool own = w->other[i] && !w->link_down[2 + BED_OTHER % 4];
	bool leaks = w->leak_half ? i % 2 == 0 : i % 4 != 3;
	unsigned live = leaks ? best_of(w, i, 0, unused) : 0;
	unsigned fallback = leaks ? best_of(w, i, live, unused) : 0;

	if (w->b->flushed[1]) {
		bed_expect_in(w->b, BED_LEAK_TABLE, &p, 0, 0);
		return;
	}

	bed_expect_in(
		w->b, BED_LEAK_TABLE, &p, own ? 1u << BED_OTHER : live, own ? live : fallback);
}

static void event_other(struct world *w)
{
	uint32_t i = dice(w, PREFIXES);
	struct prefix p = pfx_n(i);

	if (dice(w, 10) == 0) {
		w->leak_half = !w->leak_half;
		bed_leak(w->b, w->leaks[w->leak_half]);
		return;
	}
	w->other[i] = !w->other[i];
	if (w->other[i])
		bed_announce(w->b, BED_OTHER, &p, (struct path_spec){.local_pref = 50});
	else
		bed_withdraw(w->b, BED_OTHER, &p);
}

/* The session of the other VRF's neighbour begins. */
static void other_up(struct world *w)
{
	memset(w->other, 0, sizeof(w->other));
	bed_peer_up(w->b, BED_OTHER, w->b->all);
}

static void check_world(struct world *w)
{
	rib_adopt_end(w->b->rib);
	fake_hear(w->b->fib);
	for (unsigned link = 2; link < 6; link++)
		link_told(w, link);
	bed_wait(w->b, 310000); /* longer than any back-off, and than a death by BFD counts */
	audit_whole(w);
	for (uint32_t i = 0; i < PREFIXES; i++) {
		struct prefix p = pfx_n(i);
		double of_live[BED_PEERS], of_fallback[BED_PEERS];
		unsigned live = w->b->flushed[0] ? 0 : best_of(w, i, 0, of_live);
		unsigned fallback = live ? best_of(w, i, live, of_fallback) : 0;
		bed_expect(w->b, &p, live, fallback);
		if (live) {
			bed_expect_weights(w->b, &p, of_live, of_fallback);
			expect_source(w, i);
		}
		expect_other(w, i);
	}
	bed_check(w->b);
	for (unsigned i = 0; i < 2; i++)
		check_listener(w, i);
}

/* ---- events ---- */

static int refuse(void *arg, const struct fib_route *r)
{
	struct world *w = arg;
	return dice(w, 1000) < w->errors ? ENOBUFS : 0;
}

/* None, some that are alike, some that are not, and one of no use. */
static const float bandwidths[] = {0, 0, 1.25e9f, 1.25e9f, 1.26e9f, 1.25e8f, 3.125e9f, 7, -1.25e9f};

static void event_path(struct world *w, unsigned n)
{
	uint32_t i = dice(w, PREFIXES);
	struct prefix p = pfx_n(i);

	if (!peer_lives(w, n))
		return;
	if (dice(w, 3) == 0) {
		bed_withdraw(w->b, n, &p);
		w->path[n][i].as_path_length = 255;
	} else {
		struct path_spec s = {.local_pref = 100 + dice(w, 2),
			.as_path_length = (uint8_t)dice(w, 2),
			.bandwidth =
				bandwidths[dice(w, sizeof(bandwidths) / sizeof(bandwidths[0]))]};
		bed_announce(w->b, n, &p, s);
		w->path[n][i] = s;
	}
}

static void event_session(struct world *w, unsigned n)
{
	if (peer_lives(w, n)) {
		bed_peer_down(w->b, n, dice(w, 2) ? FIB_CAUSE_BFD : FIB_CAUSE_SESSION);
		for (uint32_t i = 0; i < PREFIXES; i++)
			w->path[n][i].as_path_length = 255;
	} else {
		w->half[n] = dice(w, 2);
		bed_peer_up(w->b, n, w->half[n] ? w->even : w->all);
	}
}

static void event_filter(struct world *w, unsigned n)
{
	if (!peer_lives(w, n))
		return;
	w->half[n] = !w->half[n];
	rib_peer_import(w->b->rib, w->b->peer[n], w->half[n] ? w->even : w->all);
}

static void event_link(struct world *w, unsigned link)
{
	for (unsigned i = 2; i < 6; i++) /* one at a time, as the fake knows one dead link */
		if (w->link_down[i] && i != link)
			return;
	w->link_down[link] = !w->link_down[link];
	bed_link_kernel(w->b, link, !w->link_down[link]);
}

/* What another program deletes or changes; of routes a notification may be lost. */
static void event_foreign(struct world *w)
{
	struct fake_fib *f = w->b->fib;
	bool told = dice(w, 2);

	switch (dice(w, 5)) {
	case 0:
		fake_delete_group(f, dice(w, 8));
		break;
	case 1:
		fake_delete_object(f, dice(w, 8));
		break;
	case 2:
		fake_replace_route(f, dice(w, 256) << 2, FAKE_NO_GROUP, told);
		break;
	case 3:
		fake_replace_route(f, dice(w, 256) << 2, dice(w, 8), told);
		break;
	default:
		fake_delete_route(f, dice(w, 256) << 2, told);
	}
}

static void event_listener(struct world *w, unsigned i)
{
	struct listener *l = &w->listener[i];
	struct filter *export = w->export_half[i] ? w->even : w->b->all;

	switch (dice(w, 8)) {
	case 0:
		if (l->f)
			listener_end(l);
		else
			listener_begin(l, w->b->rib, false, export);
		break;
	case 1:
		w->export_half[i] = !w->export_half[i];
		if (l->f)
			rib_follow_export(w->b->rib, l->f, w->export_half[i] ? w->even : w->b->all);
		break;
	case 2:
		if (l->f)
			rib_follow_again(w->b->rib, l->f, 1);
		break;
	default:
		if (l->f)
			listener_take(l, dice(w, 256) * 0x01010101u);
	}
}

/* All is learnt anew, over what the kernel has. */
static void event_restart(struct world *w)
{
	for (unsigned i = 0; i < 2; i++)
		if (w->listener[i].f)
			listener_end(&w->listener[i]);
	bed_restart(w->b);
	for (unsigned n = 0; n < PEERS; n++)
		for (uint32_t i = 0; i < PREFIXES; i++)
			w->path[n][i].as_path_length = 255;
	for (unsigned link = 2; link < 6; link++)
		link_told(w, link);
	other_up(w);
}

static void event_audit(struct world *w)
{
	if (dice(w, 8))
		fake_audit(w->b->fib, dice(w, 256) << 2);
	else
		fake_audit_broken(w->b->fib);
}

/* An operator flushes a VRF, or undoes it. */
static void event_flush(struct world *w)
{
	bool other = dice(w, 2);
	bed_flush(w->b, other, !w->b->flushed[other]);
}

static void event(struct world *w)
{
	switch (dice(w, 42)) {
	case 0:
		event_session(w, dice(w, PEERS));
		break;
	case 1:
		event_filter(w, dice(w, PEERS));
		break;
	case 2:
		event_link(w, 2 + dice(w, 4));
		break;
	case 3:
	case 4:
	case 5:
	case 6:
		rib_run(w->b->rib, 1 + dice(w, 30), w->b->now_ms);
		break;
	case 7:
	case 8:
	case 9:
		fake_take(w->b->fib, 1 + dice(w, 3));
		break;
	case 10:
	case 11:
		fake_answer(w->b->fib, 1 + dice(w, 3), w->b->now_ms);
		break;
	case 12:
		w->b->now_ms += dice(w, 1500);
		break;
	case 13:
		fake_hear(w->b->fib);
		break;
	case 14:
		link_told(w, 2 + dice(w, 4));
		break;
	case 15:
	case 16:
		event_foreign(w);
		break;
	case 17:
		event_audit(w);
		break;
	case 19:
	case 20:
		event_listener(w, dice(w, 2));
		break;
	case 18:
		if (dice(w, 20) == 0)
			event_restart(w);
		else if (dice(w, 10) == 0)
			rib_adopt_end(w->b->rib);
		else if (dice(w, 8) == 0)
			bed_bandwidth(w->b, (enum decide_bandwidth)dice(w, 4));
		else if (dice(w, 4) == 0)
			event_flush(w);
		break;
	case 21:
	case 22:
		event_other(w);
		break;
	default:
		event_path(w, dice(w, PEERS));
	}
}

/* Permits by the rules, and sets the source on every third prefix. */
static struct filter *filter_with(const struct filter_rule *rules, size_t n, uint32_t source)
{
	static struct filter_rule thirds[PREFIXES / 3];
	for (uint32_t i = 0; i < PREFIXES / 3; i++)
		thirds[i] = (struct filter_rule){
			.prefix = pfx_n(3 * i), .ge = 24, .le = 24, .permit = true};
	struct filter_list *third = filter_list_new("third", "a.conf", thirds, PREFIXES / 3);
	struct filter_list *list = filter_list_new("list", "a.conf", rules, n);
	struct policy_rule rule = {.name = "p",
		.file = "a.conf",
		.lists_n = 1,
		.lists = &third,
		.length_max = UINT16_MAX,
		.source = {addr_v4(source)},
		.effect = {.kernel = {.metric = source == EVEN_SOURCE ? 50 : 60}},
		.action = POLICY_NEXT};
	struct policy *policy = policy_new(&rule);
	const struct filter_step steps[] = {{.policy = policy}, {.list = list}};
	struct filter *f = filter_new();
	assert_int_equal(filter_add_steps(f, "a", steps, 2), 0);
	policy_put(policy);
	filter_list_put(third);
	filter_list_put(list);
	return f;
}

static void leaks_new(struct world *w, const struct filter_rule *even)
{
	static struct filter_rule rules[PREFIXES];
	size_t n = 0;

	for (uint32_t i = 0; i < PREFIXES; i++)
		if (i % 4 != 3)
			rules[n++] = (struct filter_rule){
				.prefix = pfx_n(i), .ge = 24, .le = 24, .permit = true};
	w->leaks[0] = filter_of(rules, n);
	w->leaks[1] = filter_of(even, PREFIXES / 2);
	bed_leak(w->b, w->leaks[0]);
}

static struct world *world_new(unsigned errors, bool plain)
{
	static struct filter_rule rules[PREFIXES / 2];
	static const struct filter_rule every = {
		.prefix = {.addr = {.family = ADDR_V4}}, .le = 32, .permit = true};
	struct world *w = calloc(1, sizeof(*w));

	for (uint32_t i = 0; i < PREFIXES / 2; i++)
		rules[i] = (struct filter_rule){
			.prefix = pfx_n(2 * i), .ge = 24, .le = 24, .permit = true};
	w->b = plain ? bed_new_plain() : bed_new();
	w->errors = errors;
	if (w->errors) {
		w->b->fib->refuse = refuse;
		w->b->fib->refuse_arg = w;
	}
	w->even = filter_with(rules, PREFIXES / 2, EVEN_SOURCE);
	w->all = filter_with(&every, 1, ALL_SOURCE);
	for (unsigned n = 0; n < PEERS; n++)
		for (uint32_t i = 0; i < PREFIXES; i++)
			w->path[n][i].as_path_length = 255;
	leaks_new(w, rules);
	other_up(w);
	return w;
}

/* All sessions end: nothing may be left. */
static void world_end(struct world *w)
{
	struct rib_counts c;

	for (unsigned n = 0; n < PEERS; n++)
		if (peer_lives(w, n))
			event_session(w, n);
	bed_peer_down(w->b, BED_OTHER, FIB_CAUSE_SESSION);
	memset(w->other, 0, sizeof(w->other));
	check_world(w);
	for (unsigned i = 0; i < 2; i++)
		if (w->listener[i].f)
			listener_end(&w->listener[i]);
	bed_wait(w->b, 1000);
	rib_count(w->b->rib, &c);
	assert_int_equal(c.prefixes + c.paths + c.groups + c.gateways + c.attr_sets, 0);
	filter_put(w->even);
	filter_put(w->all);
	for (unsigned i = 0; i < 2; i++)
		filter_put(w->leaks[i]);
	bed_free(w->b);
	free(w);
}

void world_run_seed(uint32_t seed, unsigned steps, unsigned rest_every)
{
	struct world *w = world_new(seed % 3 == 0 ? 100 : 0, seed % 2);

	w->random = seed;
	if (seed / 2 % 2)
		rib_groups_join(w->b->rib, 0);
	for (unsigned step = 1; step <= steps; step++) {
		event(w);
		if (step % rest_every == 0)
			check_world(w);
	}
	world_end(w);
}

void world_run_bytes(const uint8_t *bytes, size_t len)
{
	struct world *w = world_new(0, false);

	w->bytes = bytes;
	w->left = len;
	for (unsigned step = 0; w->left && step < FUZZ_STEPS; step++)
		event(w);
	world_end(w);
}
