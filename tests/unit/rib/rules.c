/* Policies: what they match, what they set, what the decision makes of it, which rule is told; and
 * the interface's import in the owner's place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rib/policy.h"
#include "tests/unit/rib/bed.h"

static const uint8_t path_bytes[] = {2, 3, 0, 0, 0xfd, 0xe9, 0, 0, 0xfe, 0x4c, 0, 0, 0xff, 0};
static const uint8_t community_bytes[] = {0xfd, 0xe9, 0, 100, 0xfd, 0xe9, 0, 200};
static const uint8_t large_bytes[] = {0, 0, 0xfd, 0xe9, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff};

/* AS path 65001 65100 65280, communities 65001:100 65001:200, large 65001:1:4294967295 */
static const struct attrs *facts(struct attr_store *s)
{
	const struct attr_view v = {.as_path = {path_bytes, sizeof(path_bytes)},
		.communities = {community_bytes, sizeof(community_bytes)},
		.large_communities = {large_bytes, sizeof(large_bytes)}};
	return attr_get(s, &v, ip("10.0.2.10"), (struct addr){0});
}

static struct policy *policy(struct policy_rule r)
{
	r.name = r.name ? r.name : "p";
	r.file = "f.conf";
	r.length_max = r.length_max ? r.length_max : UINT16_MAX;
	return policy_new(&r);
}

static bool matches(struct policy_rule r, const char *prefix)
{
	struct attr_store *s = attr_store_new(1);
	struct policy *p = policy(r);
	struct prefix x = pfx(prefix);
	bool yes = policy_matches(p, &x, facts(s));
	policy_put(p);
	attr_store_free(s);
	return yes;
}

#define ONE(member, ...)                              \
	.member##_n = 1, .member = (const uint32_t[]) \
	{                                             \
		__VA_ARGS__                           \
	}

static void each_condition(void **state)
{
	(void)state;
	const char *p = "203.0.113.0/24";
	const struct policy_large large = {{65001, 1, UINT32_MAX}}, other = {{65001, 1, 1}};
	assert_true(matches((struct policy_rule){0}, p));
	assert_true(matches((struct policy_rule){ONE(communities, 65001u << 16 | 200)}, p));
	assert_false(matches((struct policy_rule){ONE(communities, 65001u << 16 | 201)}, p));
	assert_true(matches((struct policy_rule){.communities_n = 2,
				    .communities = (const uint32_t[]){1, 65001u << 16 | 100}},
		p));
	assert_true(matches((struct policy_rule){.large_n = 1, .large = &large}, p));
	assert_false(matches((struct policy_rule){.large_n = 1, .large = &other}, p));
	assert_true(matches((struct policy_rule){ONE(origin_as, 65280)}, p));
	assert_false(matches((struct policy_rule){ONE(origin_as, 65100)}, p));
	assert_true(matches((struct policy_rule){ONE(contains, 65100)}, p));
	assert_false(matches((struct policy_rule){ONE(contains, 65101)}, p));
	assert_true(matches((struct policy_rule){.length_min = 3, .length_max = 3}, p));
	assert_false(matches((struct policy_rule){.length_min = 4}, p));
	assert_false(matches((struct policy_rule){.length_max = 2}, p));
	assert_false(matches((struct policy_rule){ONE(origin_as, 65280), ONE(contains, 65101)}, p));
}

static void a_default_route_needs_its_name(void **state)
{
	(void)state;
	const struct filter_rule named = {.prefix = pfx("0.0.0.0/0"), .le = 0, .permit = true};
	struct filter_list *l = filter_list_new("named", "f.conf", &named, 1);
	struct policy_rule r = {.action = POLICY_PERMIT};
	assert_false(matches(r, "0.0.0.0/0"));
	r.lists_n = 1;
	r.lists = &l;
	assert_true(matches(r, "0.0.0.0/0"));
	assert_false(matches(r, "10.0.0.0/8"));
	r = (struct policy_rule){.action = POLICY_DENY};
	assert_true(matches(r, "0.0.0.0/0"));
	filter_list_put(l);
}

/* A chain of policies, with references given away; list NULL: none at its end. */
static struct filter *chain(struct policy *a, struct policy *b, struct filter_list *list)
{
	struct filter *f = filter_new();
	struct filter_step steps[3];
	size_t n = 0;
	if (a)
		steps[n++] = (struct filter_step){.policy = a};
	if (b)
		steps[n++] = (struct filter_step){.policy = b};
	if (list)
		steps[n++] = (struct filter_step){.list = list};
	assert_int_equal(filter_add_steps(f, "main", steps, n), 0);
	policy_put(a);
	policy_put(b);
	filter_list_put(list);
	return f;
}

static struct policy *set_pref(uint32_t pref, enum policy_action action)
{
	return policy((struct policy_rule){.line = 7,
		.effect = {.local_pref = pref, .set_local_pref = true},
		.action = action});
}

static struct filter_list *everything(void)
{
	const struct filter_rule all = {
		.prefix = pfx("0.0.0.0/0"), .ge = 1, .le = 32, .permit = true, .line = 3};
	return filter_list_new("all", "f.conf", &all, 1);
}

static void the_chain_goes_on_after_next(void **state)
{
	(void)state;
	struct attr_store *s = attr_store_new(1);
	const struct attrs *a = facts(s);
	struct policy *med = policy(
		(struct policy_rule){.effect = {.med = 5, .set_med = true}, .action = POLICY_NEXT});
	struct filter *f = chain(med, set_pref(200, POLICY_NEXT), everything());
	struct filter *g = chain(set_pref(1, POLICY_DENY), NULL, everything());
	struct prefix p = pfx("203.0.113.0/24");
	struct filter_effect e = {0};
	assert_true(filter_permits(f, &p, a, &e));
	assert_true(e.set_med && e.set_local_pref);
	assert_int_equal(e.med, 5);
	assert_int_equal(e.local_pref, 200);
	assert_int_equal(filter_explain(f, &p, a).line, 3);
	assert_false(filter_permits(g, &p, a, &e));
	assert_int_equal(filter_explain(g, &p, a).line, 7);
	filter_put(f);
	filter_put(g);
	attr_store_free(s);
}

static void equal_when_it_decides_alike(void **state)
{
	(void)state;
	struct filter *a = chain(set_pref(200, POLICY_PERMIT), NULL, NULL);
	struct filter *b = chain(set_pref(200, POLICY_PERMIT), NULL, NULL);
	struct filter *c = chain(set_pref(201, POLICY_PERMIT), NULL, NULL);
	assert_true(filter_equal(a, b));
	assert_false(filter_equal(a, c));
	filter_disown(b);
	assert_false(filter_equal(a, b));
	filter_put(a);
	filter_put(b);
	filter_put(c);
}

static void view_of(void *arg, const struct rib_route_view *v)
{
	*(struct rib_path_view *)arg = v->paths[0];
}

static struct rib_path_view best(struct bed *b, const struct prefix *p)
{
	struct rib_path_view v = {0};
	assert_true(rib_look(b->rib, 3, p, view_of, &v));
	return v;
}

static void the_decision_obeys(void **state)
{
	(void)state;
	struct bed *b = bed_new();
	struct prefix p = pfx("203.0.113.0/24");
	struct filter *plain = b->all, *better = chain(set_pref(300, POLICY_PERMIT), NULL, NULL);
	struct filter *med =
		chain(policy((struct policy_rule){
			      .effect = {.med = 9, .set_med = true}, .action = POLICY_PERMIT}),
			NULL, NULL);

	bed_peer_up(b, 0, plain);
	bed_peer_up(b, 1, plain);
	bed_announce(b, 0, &p, (struct path_spec){.first_as = 65000, .as_path_length = 1});
	bed_announce(b, 1, &p, (struct path_spec){.first_as = 65000, .as_path_length = 1});
	bed_rest(b);
	bed_expect(b, &p, 3, 0);
	rib_peer_import(
		b->rib, b->peer[1], better); /* applied here, nothing is asked of the peer */
	bed_rest(b);
	bed_expect(b, &p, 2, 1);
	assert_int_equal(best(b, &p).local_pref, 300);
	assert_int_equal(best(b, &p).attrs->local_pref, 100);
	assert_string_equal(best(b, &p).rule.file, "f.conf");
	assert_int_equal(best(b, &p).rule.line, 7);
	rib_peer_import(b->rib, b->peer[1], med);
	bed_rest(b);
	bed_expect(b, &p, 1, 2);
	bed_announce(
		b, 1, &p, (struct path_spec){.first_as = 65000, .as_path_length = 1, .med = 3});
	bed_rest(b);
	bed_expect(b, &p, 1, 2); /* 9 in force, not 3 */
	rib_peer_import(b->rib, b->peer[1], plain);
	bed_withdraw(b, 0, &p);
	bed_rest(b);
	bed_expect(b, &p, 2, 0);
	bed_check(b);
	filter_put(better);
	filter_put(med);
	bed_free(b);
}

static uint32_t leaving(struct bed *b, unsigned n)
{
	struct rib_peer_counts c;
	rib_peer_count(b->rib, b->peer[n], &c);
	return c.leaving;
}

/* RFC 8326: whatever policy prefers, the path is used only where there is no other. */
static void a_neighbour_that_leaves(void **state)
{
	(void)state;
	struct bed *b = bed_new();
	struct prefix p = pfx("203.0.113.0/24");
	const struct path_spec leaves = {.community = 0xffff0000, .first_as = 65000},
			       other = {.community = 0xffff0001, .first_as = 65000};
	struct filter *better = chain(set_pref(300, POLICY_PERMIT), NULL, NULL);

	bed_peer_up(b, 0, better);
	bed_peer_up(b, 1, b->all);
	bed_announce(b, 0, &p, other);
	bed_announce(b, 1, &p, (struct path_spec){.first_as = 65000});
	bed_rest(b);
	bed_expect(b, &p, 1, 2);
	bed_announce(b, 0, &p, leaves);
	bed_rest(b);
	bed_expect(b, &p, 2, 1);
	assert_int_equal(leaving(b, 0), 1);
	assert_false(best(b, &p).leaving);
	bed_announce(b, 1, &p, leaves);
	bed_rest(b);
	bed_expect(b, &p, 3, 0);
	bed_withdraw(b, 1, &p);
	bed_rest(b);
	bed_expect(b, &p, 1, 0);
	assert_true(best(b, &p).leaving);
	assert_int_equal(best(b, &p).local_pref, 0);
	bed_announce(b, 0, &p, other);
	assert_int_equal(best(b, &p).local_pref, 300);
	assert_int_equal(leaving(b, 0) + leaving(b, 1), 0);
	bed_announce(b, 0, &p, leaves);
	bed_withdraw(b, 0, &p);
	assert_int_equal(leaving(b, 0), 0);
	bed_rest(b);
	bed_check(b);
	filter_put(better);
	bed_free(b);
}

/* Inside an AS the LOCAL_PREF of who met the community first counts. */
static void internal_neighbours_say_their_own_preference(void **state)
{
	(void)state;
	struct bed *b = bed_new();
	struct prefix p = pfx("203.0.113.0/24");
	struct rib_peer inside = {.name = "inside",
		.vrf = 3,
		.incarnation = 77,
		.address = bed_peer_address(0),
		.ifindex = 2,
		.local_as = 64512,
		.remote_as = 64512,
		.router_id = addr_v4(1)};

	b->peer[0] = rib_peer_up(b->rib, &inside, b->all);
	bed_announce(b, 0, &p, (struct path_spec){.community = 0xffff0000, .local_pref = 70});
	assert_int_equal(best(b, &p).local_pref, 70);
	assert_false(best(b, &p).leaving);
	bed_free(b);
}

/* 255 different values have room; paths beyond are refused, and let in when others go. */
static void too_many_effects(void **state)
{
	(void)state;
	struct bed *b = bed_new();
	struct filter_list *lists[300];
	struct filter_step steps[300];
	struct filter *f = filter_new();
	struct rib_peer_counts c;

	for (uint32_t i = 0; i < 300; i++) {
		const struct filter_rule one = {
			.prefix = pfx_n(i), .ge = 24, .le = 24, .permit = true};
		lists[i] = filter_list_new("one", "f.conf", &one, 1);
		steps[i] = (struct filter_step){
			.policy = policy((struct policy_rule){.lists_n = 1,
				.lists = &lists[i],
				.effect = {.local_pref = i, .set_local_pref = true},
				.action = POLICY_PERMIT})};
	}
	assert_int_equal(filter_add_steps(f, "main", steps, 300), 0);
	bed_peer_up(b, 0, f);
	for (uint32_t i = 0; i < 300; i++) {
		struct prefix p = pfx_n(i);
		bed_announce(b, 0, &p, (struct path_spec){0});
		policy_put(steps[i].policy);
		filter_list_put(lists[i]);
	}
	struct prefix last = pfx_n(299), first = pfx_n(0);
	rib_peer_count(b->rib, b->peer[0], &c);
	assert_int_equal(c.accepted, 255);
	assert_int_equal(best(b, &last).why, RIB_WHY_TOO_MANY_EFFECTS);
	bed_withdraw(b, 0, &first);
	bed_announce(b, 0, &last, (struct path_spec){.med = 1});
	assert_int_equal(best(b, &last).why, RIB_USED);
	bed_rest(b);
	bed_check(b);
	filter_put(f);
	bed_free(b);
}

static void the_interface_stands_in_for_the_owner(void **state)
{
	(void)state;
	struct bed *b = bed_new();
	struct prefix wide = pfx("203.0.113.0/24"), other = pfx("198.51.100.0/24");
	struct filter *ceiling = filter_le("203.0.113.0/24", 32);
	struct filter *guest = filter_le("203.0.113.128/25", 32);
	struct filter *owned = filter_le("203.0.113.128/25", 32);

	filter_disown(guest);
	bed_peer_up(b, 0, NULL);
	bed_announce(b, 0, &wide, (struct path_spec){0});
	bed_announce(b, 0, &other, (struct path_spec){0});
	assert_int_equal(best(b, &wide).why, RIB_WHY_NO_IMPORT);
	rib_interface_import(b->rib, "eth2", ceiling);
	bed_rest(b);
	assert_int_equal(best(b, &wide).why, RIB_USED); /* nobody else asks for it */
	assert_int_equal(best(b, &other).why, RIB_WHY_CEILING);
	rib_peer_import(b->rib, b->peer[0], guest);
	bed_rest(b);
	assert_int_equal(best(b, &wide).why, RIB_USED); /* a contributor takes nothing away */
	rib_peer_import(b->rib, b->peer[0], owned);
	bed_rest(b);
	assert_int_equal(best(b, &wide).why, RIB_WHY_DENIED); /* the owner's own chain does */
	bed_check(b);
	filter_put(ceiling);
	filter_put(guest);
	filter_put(owned);
	bed_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_condition),
		cmocka_unit_test(a_default_route_needs_its_name),
		cmocka_unit_test(the_chain_goes_on_after_next),
		cmocka_unit_test(equal_when_it_decides_alike),
		cmocka_unit_test(the_decision_obeys),
		cmocka_unit_test(a_neighbour_that_leaves),
		cmocka_unit_test(internal_neighbours_say_their_own_preference),
		cmocka_unit_test(too_many_effects),
		cmocka_unit_test(the_interface_stands_in_for_the_owner),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
