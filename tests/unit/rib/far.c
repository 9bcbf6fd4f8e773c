/* rib: next hops that are on no link, resolved by routes of other programs and never by ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/rib/bed.h"

#define FAR_A 0x0aff0001 /* 10.255.0.1 */
#define FAR_B 0x0aff0102

/* Peer 4 is far (several hops), 0 and 1 are gateways on links 2 and 3. */
static struct bed *far_bed(void)
{
	struct bed *b = bed_new();
	bed_peer_up_far(b, 4, b->all);
	return b;
}

static void statics(struct bed *b, const char *prefix, unsigned peer)
{
	char text[ADDR_TEXT_MAX];
	fake_static(b->fib, prefix, addr_text(bed_peer_address(peer), text), 2 + peer % 4);
}

struct seen {
	enum rib_why why;
	char text[128];
	struct addr next_hop;
	bool far;
	struct prefix connected;
	struct rib *rib;
};

static void see(void *arg, const struct rib_route_view *v)
{
	struct seen *s = arg;
	struct rib_path_reason reason;

	assert_int_equal(v->paths_n, 1);
	rib_path_explain(s->rib, v, 0, &reason);
	s->why = v->paths[0].why;
	strncpy(s->text, v->paths[0].why_text, sizeof(s->text) - 1);
	s->next_hop = v->paths[0].next_hop;
	s->far = reason.far;
	s->connected = reason.connected;
}

static struct seen look(struct bed *b, const struct prefix *p)
{
	struct seen s = {.rib = b->rib};
	assert_true(rib_look(b->rib, 3, p, see, &s));
	return s;
}

static void expect_unresolved(struct bed *b, const struct prefix *p, const char *text)
{
	struct seen s = look(b, p);
	assert_int_equal(s.why, RIB_WHY_NEXT_HOP_UNRESOLVED);
	assert_string_equal(s.text, text);
}

#define NO_ROUTE "the kernel has no route to it"
#define BY_BGP   "only a route that BGP brought leads to it"

static void follows_the_kernels_route(void **state)
{
	(void)state;
	struct bed *b = far_bed();
	struct prefix p = pfx_n(1);
	struct rib_counts counts;

	bed_announce(b, 4, &p, (struct path_spec){.next_hop = FAR_A});
	assert_int_equal(look(b, &p).why, RIB_WHY_NEXT_HOP_UNRESOLVED);
	assert_string_equal(look(b, &p).text, "the kernel is being asked for its route");
	bed_rest(b);
	expect_unresolved(b, &p, NO_ROUTE);
	rib_count(b->rib, &counts);
	assert_int_equal(counts.unresolved, 1);
	bed_expect(b, &p, 0, 0);

	statics(b, "10.255.0.0/16", 0);
	bed_rest(b);
	bed_check(b);
	bed_expect(b, &p, 1 << 0, 0);
	assert_true(look(b, &p).far);
	assert_true(prefix_equal(look(b, &p).connected, pfx("10.255.0.0/16")));
	rib_count(b->rib, &counts);
	assert_int_equal(counts.unresolved, 0);

	statics(b, "10.255.0.0/16", 1); /* another gateway, on another link */
	bed_rest(b);
	bed_check(b);
	bed_expect(b, &p, 1 << 1, 0);

	fake_static(b->fib, "10.255.0.0/16", NULL, 0);
	bed_rest(b);
	bed_check(b);
	bed_expect(b, &p, 0, 0);
	expect_unresolved(b, &p, NO_ROUTE);
	bed_free(b);
}

/* Nothing is asked for twice, and all is given back (fake_fib.c checks both). */
static void given_back(void **state)
{
	(void)state;
	struct bed *b = far_bed();
	struct prefix p = pfx_n(1), q = pfx_n(2);

	bed_peer_up_far(b, 5, b->all);
	statics(b, "10.255.0.0/16", 0);
	bed_announce(b, 4, &p, (struct path_spec){.next_hop = FAR_A});
	bed_announce(b, 4, &q, (struct path_spec){.next_hop = FAR_A});
	bed_announce(b, 5, &p, (struct path_spec){.next_hop = FAR_A});
	bed_rest(b);
	bed_check(b);
	assert_int_equal(b->fib->resolve_n, 1);
	bed_withdraw(b, 4, &p);
	bed_withdraw(b, 4, &q);
	bed_rest(b);
	assert_int_equal(b->fib->resolve_n, 1);
	bed_expect(b, &p, 1 << 0, 0);
	bed_peer_down(b, 5, FIB_CAUSE_SESSION);
	bed_rest(b);
	bed_check(b);
	assert_int_equal(b->fib->resolve_n, 0);
	bed_free(b);
}

static void a_link_is_no_way_round(void **state)
{
	(void)state;
	struct bed *b = far_bed();
	struct prefix p = pfx_n(1), q = pfx_n(2);

	statics(b, "0.0.0.0/0", 0);
	/* one hop: its next hops are on the link of the session */
	bed_peer_up(b, 1, b->all);
	bed_announce(b, 1, &p, (struct path_spec){.next_hop = FAR_A});
	/* on a link, though another route has it */
	statics(b, "10.0.3.0/24", 0);
	bed_announce(b, 4, &q, (struct path_spec){.next_hop = 0x0a000363});
	bed_rest(b);
	assert_int_equal(look(b, &p).why, RIB_WHY_NEXT_HOP_UNRESOLVED);
	assert_string_equal(look(b, &p).text, "");
	assert_false(look(b, &q).far);
	assert_true(addr_equal(look(b, &q).next_hop, addr_v4(0x0a000363)));
	assert_int_equal(b->fib->resolve_n, 0);
	bed_free(b);
}

/* What BGP brought is the longest match: never used, whichever is there first. */
static void not_through_our_own(void **state)
{
	(void)state;

	for (int order = 0; order < 2; order++) {
		struct bed *b = far_bed();
		struct prefix p = pfx_n(1), cover = pfx("10.255.0.0/24");
		bed_peer_up(b, 1, b->all);
		for (int i = 0; i < 2; i++) {
			if (i == order)
				bed_announce(b, 4, &p, (struct path_spec){.next_hop = FAR_A});
			else
				bed_announce(b, 1, &cover, (struct path_spec){0});
			bed_rest(b);
		}
		bed_check(b);
		bed_expect(b, &cover, 1 << 1, 0);
		expect_unresolved(b, &p, BY_BGP);

		statics(b, "10.255.0.0/16", 0); /* shorter: packets would still take ours */
		bed_rest(b);
		expect_unresolved(b, &p, BY_BGP);
		statics(b, "10.255.0.1/32", 0);
		bed_rest(b);
		bed_check(b);
		bed_expect(b, &p, 1 << 0, 0);
		bed_expect(b, &cover, 1 << 1, 0);
		fake_static(b->fib, "10.255.0.1/32", NULL, 0);
		bed_withdraw(b, 1, &cover);
		bed_rest(b);
		bed_check(b);
		bed_expect(b, &p, 1 << 0, 0);
		bed_free(b);
	}
}

/* Each would be the way to the other's next hop; or one to its own. */
static void no_loop(void **state)
{
	(void)state;
	struct bed *b = far_bed();
	struct prefix to_b = pfx("10.255.1.0/24"), to_a = pfx("10.255.0.0/24"), p = pfx_n(1);

	statics(b, "10.255.0.0/16", 0);
	bed_announce(b, 4, &to_b, (struct path_spec){.next_hop = FAR_A});
	bed_announce(b, 4, &to_a, (struct path_spec){.next_hop = FAR_B});
	bed_announce(b, 4, &p, (struct path_spec){.next_hop = FAR_A});
	bed_rest(b); /* comes to rest */
	bed_check(b);
	assert_int_equal(look(b, &to_a).why, RIB_WHY_HIDES_NEXT_HOP);
	assert_int_equal(look(b, &to_b).why, RIB_WHY_HIDES_NEXT_HOP);
	bed_expect(b, &p, 1 << 0, 0);

	bed_announce(b, 4, &to_a, (struct path_spec){.next_hop = FAR_A});
	bed_withdraw(b, 4, &to_b);
	bed_rest(b);
	assert_int_equal(look(b, &to_a).why, RIB_WHY_HIDES_NEXT_HOP);
	struct prefix all = pfx("0.0.0.0/0"); /* shorter than the kernel's route: harmless */
	bed_announce(b, 4, &all, (struct path_spec){.next_hop = FAR_A});
	bed_rest(b);
	bed_check(b);
	bed_expect(b, &all, 1 << 0, 0);

	/* longer routes of others lead to it: the path hides nothing any more */
	statics(b, "10.255.0.1/32", 1);
	bed_rest(b);
	bed_check(b);
	bed_expect(b, &to_a, 1 << 1, 0);
	bed_free(b);
}

/* ECMP of two ways; one goes, and the other one carries all. */
static void falls_back(void **state)
{
	(void)state;
	struct bed *b = far_bed();
	struct prefix p = pfx_n(1);

	statics(b, "10.255.0.1/32", 0);
	statics(b, "10.255.1.2/32", 1);
	bed_peer_up_far(b, 5, b->all);
	bed_announce(b, 4, &p, (struct path_spec){.next_hop = FAR_A});
	bed_announce(b, 5, &p, (struct path_spec){.next_hop = FAR_B});
	bed_rest(b);
	bed_check(b);
	bed_expect(b, &p, 1 << 0 | 1 << 1, 0);
	fake_static(b->fib, "10.255.0.1/32", NULL, 0);
	bed_rest(b);
	bed_check(b);
	bed_expect(b, &p, 1 << 1, 0);
	bed_link(b, 3, false); /* the way's own link */
	bed_rest(b);
	bed_expect(b, &p, 0, 0);
	bed_link(b, 3, true);
	bed_rest(b);
	bed_check(b);
	bed_expect(b, &p, 1 << 1, 0);
	bed_free(b);
}

/* The ceiling is that of the interface the way leaves by, as the kernel's route says. */
static void ceiling_of_the_way(void **state)
{
	(void)state;
	struct bed *b = far_bed();
	struct prefix p = pfx_n(1);
	struct filter *none = filter_le("172.16.0.0/12", 24);

	rib_interface_import(b->rib, "eth3", none);
	bed_announce(b, 4, &p, (struct path_spec){.next_hop = FAR_A});
	statics(b, "10.255.0.0/16", 0);
	bed_rest(b);
	bed_expect(b, &p, 1 << 0, 0);
	statics(b, "10.255.0.0/16", 1);
	bed_rest(b);
	assert_int_equal(look(b, &p).why, RIB_WHY_CEILING);
	bed_expect(b, &p, 0, 0);
	rib_interface_import(b->rib, "eth3", NULL);
	bed_rest(b);
	bed_check(b);
	bed_expect(b, &p, 1 << 1, 0);
	filter_put(none);
	bed_free(b);
}

/* BFD over several hops says nothing of the gateway on the way, which others may use. */
static void the_way_is_not_the_peer(void **state)
{
	(void)state;
	struct bed *b = bed_new();
	struct prefix p = pfx_n(1);
	char text[ADDR_TEXT_MAX];

	bed_peer_up_far(b, 4, b->all);
	bed_peer_up(b, 0, b->all);
	addr_text(bed_peer_address(4), text);
	fake_static(b->fib, "10.255.0.0/16", addr_text(bed_peer_address(0), text), 2);
	bed_announce(b, 4, &p, (struct path_spec){.next_hop = FAR_A});
	bed_announce(b, 0, &p, (struct path_spec){0});
	bed_rest(b);
	bed_check(b);
	bed_peer_down(b, 4, FIB_CAUSE_BFD);
	bed_rest(b);
	bed_check(b);
	bed_expect(b, &p, 1 << 0, 0);
	bed_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_kernels_route),
		cmocka_unit_test(given_back),
		cmocka_unit_test(a_link_is_no_way_round),
		cmocka_unit_test(not_through_our_own),
		cmocka_unit_test(no_loop),
		cmocka_unit_test(falls_back),
		cmocka_unit_test(ceiling_of_the_way),
		cmocka_unit_test(the_way_is_not_the_peer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
