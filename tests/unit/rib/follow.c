/* Followers of best paths: what they are told, when, and what is left when they go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/rib/listener.h"

enum {
	PREFIXES = 1000,
	NO_EXPORT = (int)0xffffff01,
	NO_ADVERTISE = (int)0xffffff02,
	LLGR_STALE = (int)0xffff0006,
};

static void announce_all(struct bed *b, unsigned peer, struct path_spec s)
{
	for (uint32_t i = 0; i < PREFIXES; i++) {
		struct prefix p = pfx_n(i);
		bed_announce(b, peer, &p, s);
	}
}

static struct bed *begin(void)
{
	struct bed *b = bed_new();
	bed_peer_up(b, 0, b->all);
	bed_peer_up(b, 1, b->all);
	announce_all(b, 0, (struct path_spec){.local_pref = 200, .med = 7});
	announce_all(b, 1, (struct path_spec){.local_pref = 100});
	bed_wait(b, 3000);
	return b;
}

static void end(struct bed *b)
{
	struct rib_counts c;
	struct rib_memory m;

	for (unsigned n = 0; n < 2; n++)
		if (b->peer[n] != RIB_NO_PEER)
			bed_peer_down(b, n, FIB_CAUSE_SESSION);
	bed_wait(b, 5000);
	rib_count(b->rib, &c);
	rib_memory(b->rib, &m);
	assert_int_equal(c.prefixes + c.paths + c.attr_sets, 0);
	assert_int_equal(m.followed, 0);
	bed_free(b);
}

static void hear(struct bed *b, struct listener *l)
{
	bed_rest(b);
	listener_hear(l);
}

static void test_all_there_is_then_changes(void **state)
{
	struct bed *b = begin();
	struct prefix p = pfx_n(5);
	uint64_t routes = b->fib->route_ops;
	struct listener l;

	listener_begin(&l, b->rib, false, b->all);
	assert_false(rib_follow_complete(b->rib, l.f));
	hear(b, &l);
	assert_true(rib_follow_complete(b->rib, l.f));
	assert_int_equal(b->fib->route_ops, routes); /* the kernel hears nothing of it */
	assert_int_equal(l.told, PREFIXES);
	assert_int_equal(l.has[5]->local_pref, 200);
	assert_true(l.has[5]->flags & ATTR_HAS_MED);
	assert_int_equal(l.has[5]->next_hop.family, ADDR_NONE);

	bed_announce(b, 0, &p, (struct path_spec){.local_pref = 200, .med = 7});
	bed_announce(b, 1, &p, (struct path_spec){.local_pref = 101}); /* not the best */
	hear(b, &l);
	assert_int_equal(l.told, PREFIXES);
	for (uint32_t i = 0; i < 10; i++) /* many changes are one */
		bed_announce(b, 0, &p, (struct path_spec){.local_pref = 201 + i});
	hear(b, &l);
	assert_int_equal(l.told, PREFIXES + 1);
	assert_int_equal(l.has[5]->local_pref, 210);
	bed_withdraw(b, 0, &p);
	hear(b, &l);
	assert_int_equal(l.has[5]->first_as, 65002);
	bed_withdraw(b, 1, &p);
	hear(b, &l);
	assert_null(l.has[5]);
	assert_int_equal(l.withdrawn, 1);
	listener_end(&l);
	end(b);
}

static void test_a_peer_that_goes(void **state)
{
	struct bed *b = begin();
	struct listener l;

	listener_begin(&l, b->rib, false, b->all);
	hear(b, &l);
	bed_peer_down(b, 0, FIB_CAUSE_SESSION);
	hear(b, &l);
	assert_int_equal(l.told, 2 * PREFIXES);
	assert_int_equal(l.has[7]->first_as, 65002);
	bed_peer_down(b, 1, FIB_CAUSE_SESSION);
	hear(b, &l);
	assert_int_equal(l.withdrawn, PREFIXES);
	listener_end(&l);
	end(b);
}

/* What comes and goes while it does not listen costs nothing, and is not told. */
static void test_who_does_not_take(void **state)
{
	struct bed *b = bed_new();
	struct rib_counts c;
	struct listener l;

	bed_peer_up(b, 0, b->all);
	listener_begin(&l, b->rib, false, b->all);
	for (unsigned i = 0; i < 3; i++) {
		announce_all(b, 0, (struct path_spec){.med = i});
		bed_rest(b);
		for (uint32_t k = 0; k < PREFIXES; k++) {
			struct prefix p = pfx_n(k);
			bed_withdraw(b, 0, &p);
		}
		bed_wait(b, 3000);
	}
	rib_count(b->rib, &c);
	assert_int_equal(c.prefixes + c.attr_sets, 0);
	assert_false(rib_follow_pending(l.f));
	listener_end(&l);
	end(b);
}

/* It was told, and goes while the path is gone and it does not take: the entry goes too. */
static void test_end_with_something_pending(void **state)
{
	struct bed *b = begin();
	struct listener l;

	listener_begin(&l, b->rib, false, b->all);
	hear(b, &l);
	bed_peer_down(b, 0, FIB_CAUSE_SESSION);
	bed_peer_down(b, 1, FIB_CAUSE_SESSION);
	bed_wait(b, 3000);
	assert_true(rib_follow_pending(l.f));
	listener_end(&l);
	end(b);
}

static void test_another_filter_tells_what_differs(void **state)
{
	struct bed *b = begin();
	struct filter *half = filter_le("20.0.0.0/15", 32); /* 512 of them */
	struct listener l;

	listener_begin(&l, b->rib, false, half);
	hear(b, &l);
	assert_int_equal(l.told, 512);
	assert_null(l.has[512]);
	rib_follow_export(b->rib, l.f, b->all);
	hear(b, &l);
	assert_int_equal(l.told, PREFIXES);
	rib_follow_export(b->rib, l.f, half);
	listener_take(&l, UINT32_MAX);
	rib_follow_export(b->rib, l.f, b->all); /* before the first was done with */
	hear(b, &l);
	for (uint32_t i = 0; i < PREFIXES; i++)
		assert_non_null(l.has[i]);
	rib_follow_export(b->rib, l.f, NULL);
	hear(b, &l);
	assert_int_equal(l.withdrawn, PREFIXES);
	filter_put(half);
	listener_end(&l);
	end(b);
}

static void test_again(void **state)
{
	struct bed *b = begin();
	struct listener l;

	listener_begin(&l, b->rib, false, b->all);
	hear(b, &l);
	rib_follow_again(b->rib, l.f, 2);
	hear(b, &l);
	assert_int_equal(l.told, PREFIXES);
	rib_follow_again(b->rib, l.f, 1);
	assert_false(rib_follow_complete(b->rib, l.f));
	hear(b, &l);
	assert_int_equal(l.told, 2 * PREFIXES);
	listener_end(&l);
	end(b);
}

static void test_external_and_communities(void **state)
{
	static const int never[] = {NO_EXPORT, NO_ADVERTISE, LLGR_STALE};
	struct bed *b = begin();
	struct listener in, out;
	struct filter_verdict v;

	listener_begin(&in, b->rib, false, b->all);
	listener_begin(&out, b->rib, true, b->all);
	for (uint32_t i = 0; i < 3; i++) {
		struct prefix p = pfx_n(i);
		bed_announce(b, 0, &p,
			(struct path_spec){.local_pref = 200, .community = (uint32_t)never[i]});
		bed_withdraw(b, 1, &p);
	}
	hear(b, &in);
	hear(b, &out);
	assert_non_null(in.has[0]);
	assert_null(out.has[0]);
	for (int i = 1; i < 3; i++) {
		assert_null(in.has[i]);
		assert_null(out.has[i]);
	}
	assert_true(in.has[9]->flags & ATTR_HAS_MED);
	assert_false(out.has[9]->flags & ATTR_HAS_MED);
	static const struct {
		uint32_t prefix;
		enum rib_follow_fate fate;
	} fates[] = {{0, RIB_FOLLOW_COMMUNITY}, {1, RIB_FOLLOW_COMMUNITY},
		{2, RIB_FOLLOW_LAST_CHOICE}, {9, RIB_FOLLOW_TOLD}, {PREFIXES, RIB_FOLLOW_NO_PATH}};
	for (size_t i = 0; i < sizeof(fates) / sizeof(fates[0]); i++) {
		struct prefix p = pfx_n(fates[i].prefix);
		assert_int_equal(rib_follow_explain(b->rib, out.f, &p, &v), fates[i].fate);
		assert_int_equal(rib_is_followed(b->rib, &p), i == 0 || i == 3);
	}
	listener_end(&in);
	listener_end(&out);
	end(b);
}

/* What this host announces itself is not learnt, so it is not told; then it is again. */
static void test_own_announcements(void **state)
{
	struct bed *b = begin();
	struct prefix p = pfx_n(3);
	struct listener l;

	listener_begin(&l, b->rib, false, b->all);
	hear(b, &l);
	rib_own_announcements(b->rib, &p, 1);
	hear(b, &l);
	assert_null(l.has[3]);
	assert_false(rib_is_followed(b->rib, &p));
	rib_own_announcements(b->rib, NULL, 0);
	hear(b, &l);
	assert_non_null(l.has[3]);
	/* There and back before a decision: who was told something else meanwhile hears it again.
	 */
	unsigned told = l.told;
	rib_own_announcements(b->rib, &p, 1);
	rib_own_announcements(b->rib, NULL, 0);
	hear(b, &l);
	assert_int_equal(l.told, told + 1);
	listener_end(&l);
	end(b);
}

static void test_one_after_the_other(void **state)
{
	struct bed *b = begin();
	struct listener one, two;

	listener_begin(&one, b->rib, false, b->all);
	hear(b, &one);
	listener_begin(&two, b->rib, false, b->all);
	hear(b, &two);
	assert_int_equal(two.told, PREFIXES);
	assert_int_equal(one.told, PREFIXES);
	listener_end(&one);
	listener_end(&two);
	listener_begin(&one, b->rib, false, b->all); /* while the memory goes */
	hear(b, &one);
	assert_int_equal(one.told, PREFIXES);
	listener_end(&one);
	end(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_there_is_then_changes),
		cmocka_unit_test(test_a_peer_that_goes),
		cmocka_unit_test(test_who_does_not_take),
		cmocka_unit_test(test_end_with_something_pending),
		cmocka_unit_test(test_another_filter_tells_what_differs),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_external_and_communities),
		cmocka_unit_test(test_own_announcements),
		cmocka_unit_test(test_one_after_the_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
