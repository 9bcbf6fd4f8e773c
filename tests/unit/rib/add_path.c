/* Several paths of one peer (RFC 7911): kept, withdrawn and swept by their identifier; ECMP over
 * their next hops; limits; memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/rib/bed.h"

enum {
	V4 = 1,
	HOP_0 = 0x0a00020a, /* peer 0 */
	HOP_4 = 0x0a00020e, /* peer 4, on the same link */
};

static struct prefix prefix;

static enum rib_result announce(struct bed *b, unsigned peer, uint32_t id, struct path_spec s)
{
	const struct attrs *a = bed_attrs(b, peer, s);
	enum rib_result r = rib_announce_path(b->rib, b->peer[peer], &prefix, id, a);

	attr_put(rib_attrs(b->rib), a);
	return r;
}

static void withdraw(struct bed *b, unsigned peer, uint32_t id)
{
	rib_withdraw_path(b->rib, b->peer[peer], &prefix, id);
}

static struct bed *begin(void)
{
	struct bed *b = bed_new();

	prefix = pfx("100.64.1.0/24");
	bed_peer_up(b, 0, b->all);
	return b;
}

static struct rib_peer_counts counts(struct bed *b)
{
	struct rib_peer_counts c;
	rib_peer_count(b->rib, b->peer[0], &c);
	return c;
}

/* Identifiers of the paths, best first. */
static uint32_t seen[RIB_PATHS_MAX];
static size_t seen_n;

static void visit(void *arg, const struct rib_route_view *v)
{
	(void)arg;
	for (seen_n = 0; seen_n < v->paths_n; seen_n++)
		seen[seen_n] = v->paths[seen_n].path_id;
}

static void ids_are(struct bed *b, const uint32_t *ids, size_t n)
{
	seen_n = 0;
	rib_look(b->rib, 3, &prefix, visit, NULL);
	assert_int_equal(seen_n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(seen[i], ids[i]);
}

static void test_two_next_hops_of_one_peer_share_the_load(void **state)
{
	struct bed *b = begin();

	(void)state;
	announce(b, 0, 7, (struct path_spec){.next_hop = HOP_4});
	announce(b, 0, 3, (struct path_spec){.next_hop = HOP_0});
	announce(b, 0, 9, (struct path_spec){.next_hop = HOP_4}); /* counts once */
	bed_wait(b, 3000);
	bed_expect(b, &prefix, 1u << 0 | 1u << 4, 0);
	ids_are(b, (const uint32_t[]){3, 9, 7}, 3);
	assert_int_equal(counts(b).received, 3);
	withdraw(b, 0, 8); /* nobody's */
	withdraw(b, 0, 0);
	withdraw(b, 0, 7);
	bed_wait(b, 3000);
	bed_expect(b, &prefix, 1u << 0 | 1u << 4, 0);
	withdraw(b, 0, 9);
	bed_wait(b, 3000);
	bed_expect(b, &prefix, 1u << 0, 0);
	withdraw(b, 0, 3);
	bed_wait(b, 3000);
	bed_expect(b, &prefix, 0, 0);
	assert_int_equal(counts(b).received, 0);
	bed_check(b);
	bed_free(b);
}

static void test_a_path_that_comes_again_replaces_that_of_its_identifier(void **state)
{
	struct bed *b = begin();

	(void)state;
	announce(b, 0, 1, (struct path_spec){.next_hop = HOP_0});
	announce(b, 0, 2, (struct path_spec){.next_hop = HOP_4, .med = 5});
	bed_wait(b, 3000);
	bed_expect(b, &prefix, 1u << 0, 1u << 4); /* the other waits as fallback */
	announce(b, 0, 1, (struct path_spec){.next_hop = HOP_0, .med = 5});
	bed_wait(b, 3000);
	bed_expect(b, &prefix, 1u << 0 | 1u << 4, 0);
	assert_int_equal(counts(b).received, 2);
	bed_check(b);
	bed_free(b);
}

static void test_stale_paths_go_by_identifier(void **state)
{
	struct bed *b = begin();

	(void)state;
	announce(b, 0, 1, (struct path_spec){.next_hop = HOP_0});
	announce(b, 0, 2, (struct path_spec){.next_hop = HOP_4});
	bed_wait(b, 3000);
	rib_peer_stale(b->rib, b->peer[0], V4);
	bed_wait(b, 3000);
	bed_expect(b, &prefix, 1u << 0 | 1u << 4, 0);
	announce(b, 0, 2, (struct path_spec){.next_hop = HOP_4});
	assert_int_equal(counts(b).stale, 1);
	rib_peer_drop_stale(b->rib, b->peer[0], V4);
	bed_wait(b, 3000);
	bed_expect(b, &prefix, 1u << 4, 0);
	ids_are(b, (const uint32_t[]){2}, 1);
	assert_true(rib_peer_refresh(b->rib, b->peer[0], V4)); /* BoRR */
	announce(b, 0, 5, (struct path_spec){.next_hop = HOP_0});
	rib_peer_drop_stale(b->rib, b->peer[0], V4); /* EoRR */
	bed_wait(b, 3000);
	bed_expect(b, &prefix, 1u << 0, 0);
	ids_are(b, (const uint32_t[]){5}, 1);
	bed_check(b);
	bed_free(b);
}

static void test_too_many_of_one_prefix_are_left_out(void **state)
{
	struct bed *b = begin();

	(void)state;
	for (uint32_t id = 1; id <= RIB_PATHS_PEER_MAX + 10; id++)
		assert_int_equal(announce(b, 0, id, (struct path_spec){.next_hop = HOP_0}), RIB_OK);
	assert_int_equal(counts(b).received, RIB_PATHS_PEER_MAX);
	assert_int_equal(counts(b).left_out, 10);
	withdraw(b, 0, 1);
	announce(b, 0, 1000, (struct path_spec){.next_hop = HOP_0});
	assert_int_equal(counts(b).received, RIB_PATHS_PEER_MAX);
	assert_int_equal(counts(b).left_out, 10);
	bed_wait(b, 3000);
	bed_expect(b, &prefix, 1u << 0, 0);
	bed_peer_down(b, 0, FIB_CAUSE_SESSION);
	bed_wait(b, 3000);
	bed_expect(b, &prefix, 0, 0);
	bed_check(b);
	bed_free(b);
}

static void test_each_path_counts_for_maximum_prefix(void **state)
{
	struct bed *b = begin();

	(void)state;
	rib_peer_limits(b->rib, b->peer[0], 2, &(struct rib_bounds){0});
	assert_int_equal(announce(b, 0, 1, (struct path_spec){.next_hop = HOP_0}), RIB_OK);
	assert_int_equal(announce(b, 0, 2, (struct path_spec){.next_hop = HOP_4}), RIB_OK);
	assert_int_equal(announce(b, 0, 3, (struct path_spec){.next_hop = HOP_4}), RIB_LIMIT);
	assert_int_equal(announce(b, 0, 2, (struct path_spec){.next_hop = HOP_0}), RIB_OK);
	bed_wait(b, 3000);
	bed_check(b);
	bed_free(b);
}

/* Identifiers take memory only while there are some. */
static void test_memory(void **state)
{
	struct bed *b = begin();
	struct rib_counts before, with, after;

	(void)state;
	announce(b, 0, 0, (struct path_spec){.next_hop = HOP_0});
	rib_count(b->rib, &before);
	announce(b, 0, 1, (struct path_spec){.next_hop = HOP_0});
	rib_count(b->rib, &with);
	assert_true(with.bytes >= before.bytes + 4 * 1024);
	withdraw(b, 0, 0);
	withdraw(b, 0, 1);
	announce(b, 0, 0, (struct path_spec){.next_hop = HOP_0});
	rib_count(b->rib, &after);
	assert_int_equal(after.bytes, before.bytes);
	bed_wait(b, 3000);
	bed_check(b);
	bed_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_next_hops_of_one_peer_share_the_load),
		cmocka_unit_test(test_a_path_that_comes_again_replaces_that_of_its_identifier),
		cmocka_unit_test(test_stale_paths_go_by_identifier),
		cmocka_unit_test(test_too_many_of_one_prefix_are_left_out),
		cmocka_unit_test(test_each_path_counts_for_maximum_prefix),
		cmocka_unit_test(test_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
