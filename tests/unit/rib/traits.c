/* What policies set on routes in the kernel: who decides, what is written when it changes, what
 * others change, what the kernel refuses, and what it costs. */
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
#include "tests/unit/rib/bed.h"

enum {
	PREFIXES = 300,
	SOME = 40, /* the first prefixes, which the policy is about */
};

/* Permits all, with this source (NULL: none) and metric (0: none) for the first `some` prefixes. */
static struct filter *filter_sets(const char *source, uint32_t metric, uint32_t some)
{
	struct filter_rule rules[SOME],
		all = {.prefix = pfx("0.0.0.0/0"), .le = 32, .permit = true};
	for (uint32_t i = 0; i < some; i++)
		rules[i] = (struct filter_rule){
			.prefix = pfx_n(i), .ge = 24, .le = 24, .permit = true};
	struct filter_list *first = filter_list_new("first", "a.conf", rules, some);
	struct filter_list *list = filter_list_new("list", "a.conf", &all, 1);
	struct policy_rule rule = {.name = "p",
		.file = "a.conf",
		.lists_n = 1,
		.lists = &first,
		.length_max = UINT16_MAX,
		.effect = {.kernel = {.metric = metric}},
		.action = POLICY_NEXT};
	if (source)
		rule.source[ip(source).family == ADDR_V6] = ip(source);
	struct policy *policy = policy_new(&rule);
	const struct filter_step steps[] = {{.policy = policy}, {.list = list}};
	struct filter *f = filter_new();
	assert_int_equal(filter_add_steps(f, "a", steps, 2), 0);
	policy_put(policy);
	filter_list_put(first);
	filter_list_put(list);
	return f;
}

static struct filter *filter_source(const char *source, uint32_t some)
{
	return filter_sets(source, 0, some);
}

static void announce_all(struct bed *b, unsigned n, struct path_spec s)
{
	for (uint32_t i = 0; i < PREFIXES; i++) {
		struct prefix p = pfx_n(i);
		bed_announce(b, n, &p, s);
	}
	bed_rest(b);
}

static void expect_source(struct bed *b, uint32_t i, const char *source)
{
	struct prefix p = pfx_n(i);
	struct addr want = source ? ip(source) : (struct addr){0};
	assert_int_not_equal(fake_route_group(b->fib, BED_TABLE, &p), 0);
	assert_memory_equal(fake_route(b->fib, BED_TABLE, &p)->source, want.b, 16);
}

static struct bed *bed_with(const char *source)
{
	struct bed *b = bed_new();
	struct filter *f = filter_source(source, SOME);
	bed_peer_up(b, 0, f);
	filter_put(f);
	announce_all(b, 0, (struct path_spec){0});
	return b;
}

static void reload(struct bed *b, const char *source, uint32_t some)
{
	struct filter *f = filter_source(source, some);
	rib_peer_import(b->rib, b->peer[0], f);
	filter_put(f);
	bed_rest(b);
}

static void test_a_reload_writes_only_what_changes(void **state)
{
	struct bed *b = bed_with("10.0.2.2");
	(void)state;

	expect_source(b, 0, "10.0.2.2");
	expect_source(b, SOME, NULL);
	uint64_t ops = b->fib->route_ops;
	reload(b, "10.0.3.2", SOME);
	assert_int_equal(b->fib->route_ops, ops + SOME);
	expect_source(b, 0, "10.0.3.2");
	reload(b, "10.0.3.2", SOME / 2);
	assert_int_equal(b->fib->route_ops, ops + SOME + SOME / 2);
	expect_source(b, SOME / 2, NULL);
	reload(b, "2001:db8::2", SOME); /* not for IPv4 */
	expect_source(b, 0, NULL);
	assert_int_equal(b->fib->group_ops, 1); /* one group with and without */
	bed_wait(b, 3000);
	bed_check(b);
	bed_free(b);
}

static void test_the_best_path_decides(void **state)
{
	struct bed *b = bed_with("10.0.2.2");
	struct filter *f = filter_source("10.0.3.2", SOME);
	(void)state;

	bed_peer_up(b, 1, f);
	filter_put(f);
	announce_all(b, 1, (struct path_spec){0});
	struct prefix p = pfx_n(0);
	bed_expect(b, &p, 3, 0); /* both share the load; the lower router id is the best */
	expect_source(b, 0, "10.0.2.2");
	bed_announce(b, 1, &p, (struct path_spec){.local_pref = 200});
	bed_rest(b);
	expect_source(b, 0, "10.0.3.2");
	bed_peer_down(b, 0, FIB_CAUSE_SESSION);
	bed_wait(b, 3000);
	expect_source(b, 1, "10.0.3.2");
	bed_check(b);
	bed_free(b);
}

static void test_others_change_the_source(void **state)
{
	struct bed *b = bed_with("10.0.2.2");
	struct prefix p = pfx_n(0);
	(void)state;

	fake_set_source(b->fib, &p, ip("10.0.5.2"), false);
	fake_audit(b->fib, SIZE_MAX);
	bed_rest(b);
	expect_source(b, 0, "10.0.2.2");
	assert_int_equal(rib_drift(b->rib)->n[FIB_DRIFT_CHANGED], 1);
	fake_set_source(b->fib, &p, (struct addr){0}, true);
	bed_rest(b);
	expect_source(b, 0, "10.0.2.2");
	assert_int_equal(rib_drift(b->rib)->n[FIB_DRIFT_REPLACED], 1);
	bed_check(b);
	bed_free(b);
}

static void test_a_restart_keeps_it(void **state)
{
	struct bed *b = bed_with("10.0.2.2");
	(void)state;

	for (int other = 0; other < 2; other++) {
		bed_wait(b, 3000);
		bed_restart(b);
		uint64_t ops = b->fib->route_ops;
		struct filter *f = filter_source(other ? "10.0.3.2" : "10.0.2.2", SOME);
		bed_peer_up(b, 0, f);
		filter_put(f);
		announce_all(b, 0, (struct path_spec){0});
		assert_int_equal(b->fib->route_ops, ops);
		rib_adopt_end(b->rib);
		bed_wait(b, 3000);
		assert_int_equal(b->fib->route_ops, ops + (other ? SOME : 0));
		bed_check(b);
	}
	bed_free(b);
}

/* ---- metrics ---- */

static void expect_metric(struct bed *b, uint32_t i, uint32_t metric)
{
	struct prefix p = pfx_n(i);
	const struct fake_route *r = fake_route(b->fib, BED_TABLE, &p);
	assert_int_equal(r->metric, metric);
	assert_true(r->group && r->group != FAKE_FOREIGN);
}

static void reload_metric(struct bed *b, uint32_t metric)
{
	struct filter *f = filter_sets(NULL, metric, SOME);
	rib_peer_import(b->rib, b->peer[0], f);
	filter_put(f);
	bed_rest(b);
}

static void test_a_route_moves_to_another_metric(void **state)
{
	struct bed *b = bed_with(NULL);
	uint64_t ops = b->fib->route_ops;
	(void)state;

	rib_kernel_metric(b->rib, 20);
	reload_metric(b, 50);
	assert_int_equal(b->fib->route_ops, ops + SOME);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	expect_metric(b, 0, 50);
	expect_metric(b, SOME, 0);
	reload_metric(b, 60);
	expect_metric(b, 0, 60);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	bed_check(b);
	reload_metric(b, 20); /* what it would be without */
	expect_metric(b, 0, 0);
	assert_int_equal(b->fib->route_ops, ops + 3 * SOME);
	reload_metric(b, 50);
	bed_peer_down(b, 0, FIB_CAUSE_SESSION);
	bed_wait(b, 3000);
	assert_int_equal(b->fib->routes_n, 0);
	bed_free(b);
}

static int refuse_60(void *arg, const struct fib_route *r)
{
	(void)arg;
	return r->group && r->metric == 60 ? EINVAL : 0;
}

/* The kernel refuses the new route: the old one stays until something else comes true. */
static void test_a_move_that_is_refused(void **state)
{
	for (int end = 0; end < 3; end++) {
		struct bed *b = bed_with(NULL);
		(void)state;

		reload_metric(b, 50);
		b->fib->refuse = refuse_60;
		reload_metric(b, 60);
		bed_wait(b, 5000);
		expect_metric(b, 0, 50);
		assert_int_equal(b->fib->routes_n, PREFIXES);
		if (end == 0)
			reload_metric(b, 70);
		else if (end == 1)
			bed_peer_down(b, 0, FIB_CAUSE_SESSION);
		else
			b->fib->refuse = NULL; /* it is tried again */
		bed_wait(b, 70000);
		assert_int_equal(b->fib->routes_n, end == 1 ? 0 : PREFIXES);
		if (end != 1)
			expect_metric(b, 0, end ? 60 : 70);
		bed_check(b);
		bed_free(b);
	}
}

static void test_audits_know_the_metric(void **state)
{
	struct bed *b = bed_with(NULL);
	struct prefix p = pfx_n(0), other = pfx_n(PREFIXES);
	(void)state;

	reload_metric(b, 50);
	fake_add_route(b->fib, &p, 0); /* one of ours at the metric without policy */
	fake_add_route(b->fib, &other, 0);
	assert_int_equal(b->fib->routes_n, PREFIXES + 2);
	fake_audit(b->fib, SIZE_MAX);
	bed_rest(b);
	assert_int_equal(rib_drift(b->rib)->n[FIB_DRIFT_EXTRA], 2);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	expect_metric(b, 0, 50);
	fake_remove_route(b->fib, &p);
	fake_audit(b->fib, SIZE_MAX);
	bed_rest(b);
	assert_int_equal(rib_drift(b->rib)->n[FIB_DRIFT_MISSING], 1);
	expect_metric(b, 0, 50);
	bed_check(b);
	bed_free(b);
}

static void test_a_restart_finds_another_metric(void **state)
{
	struct bed *b = bed_with(NULL);
	(void)state;

	reload_metric(b, 50);
	bed_wait(b, 3000);
	bed_restart(b);
	uint64_t ops = b->fib->route_ops;
	struct filter *f = filter_sets(NULL, 60, SOME);
	bed_peer_up(b, 0, f);
	filter_put(f);
	announce_all(b, 0, (struct path_spec){0});
	assert_int_equal(b->fib->route_ops, ops);
	expect_metric(b, 0, 50);
	rib_adopt_end(b->rib);
	bed_wait(b, 3000);
	assert_int_equal(b->fib->route_ops, ops + SOME);
	expect_metric(b, 0, 60);
	bed_check(b);
	bed_free(b);
}

/* ---- an address that is not on the host ---- */

static int refuse_unknown(void *arg, const struct fib_route *r)
{
	struct addr a = addr_from_bytes(r->family, r->source);
	return r->group && !addr_is_unspecified(a) && !host_is_own(arg, a) ? EINVAL : 0;
}

static void address(struct bed *b, const char *text, bool there)
{
	struct fib_address m = {
		.ifindex = 2, .addr = ip(text), .len = 32, .flags = there ? 0 : FIB_ADDRESS_GONE};
	host_address_set(rib_host(b->rib), &m);
	rib_links_changed(b->rib);
}

static void expect_state(void *arg, const struct rib_route_view *v)
{
	assert_int_equal(v->state, *(enum rib_state *)arg);
	assert_string_equal(v->error_text, v->state == RIB_STATE_FAILED ? "refused: 22" : "");
}

static void look(struct bed *b, enum rib_state state)
{
	struct prefix p = pfx_n(SOME - 1);
	assert_true(rib_look(b->rib, 3, &p, expect_state, &state));
}

static void test_the_address_appears_and_goes(void **state)
{
	struct bed *b = bed_with(NULL);
	(void)state;

	b->fib->refuse = refuse_unknown;
	b->fib->refuse_arg = rib_host(b->rib);
	reload(b, "198.51.100.7", SOME);
	look(b, RIB_STATE_FAILED);
	uint64_t ops = b->fib->route_ops;
	address(b, "198.51.100.8", true); /* another one */
	bed_rest(b);
	assert_int_equal(b->fib->route_ops, ops);
	address(b, "198.51.100.7", true);
	bed_rest(b); /* at once, whatever the back-off is */
	assert_int_equal(b->fib->route_ops, ops + SOME);
	look(b, RIB_STATE_INSTALLED);
	expect_source(b, 0, "198.51.100.7");
	/* the kernel takes the routes without a word */
	for (uint32_t i = 0; i < SOME; i++) {
		struct prefix p = pfx_n(i);
		fake_remove_route(b->fib, &p);
	}
	address(b, "198.51.100.7", false);
	bed_rest(b);
	look(b, RIB_STATE_FAILED);
	assert_int_equal(b->fib->routes_n, PREFIXES - SOME);
	address(b, "198.51.100.7", true);
	bed_wait(b, 3000);
	bed_check(b);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	bed_free(b);
}

/* ---- what it costs ---- */

static size_t bytes_of_prefixes(const struct bed *b)
{
	struct rib_memory m;
	rib_memory(b->rib, &m);
	return m.prefixes;
}

static void test_no_byte_a_prefix(void **state)
{
	struct bed *without = bed_with(NULL), *with = bed_with("10.0.2.2");
	(void)state;

	assert_int_equal(bytes_of_prefixes(without), bytes_of_prefixes(with));
	bed_free(without);
	bed_free(with);
}

static void why_of(void *arg, const struct rib_route_view *v)
{
	*(enum rib_why *)arg = v->paths[0].why;
}

/* 127 different ones are in the kernel; the next path is not used and says why. */
static void test_too_many(void **state)
{
	struct bed *b = bed_new();
	struct policy *policies[130];
	struct filter_step steps[130];
	struct filter *f = filter_new();
	(void)state;

	for (uint32_t i = 0; i < 130; i++) {
		struct filter_rule r = {.prefix = pfx_n(i), .ge = 24, .le = 24, .permit = true};
		struct filter_list *one = filter_list_new("one", "a.conf", &r, 1);
		struct policy_rule rule = {.name = "p",
			.file = "a.conf",
			.lists_n = 1,
			.lists = &one,
			.length_max = UINT16_MAX,
			.source = {addr_v4(0x0a090000 + i)},
			.action = POLICY_PERMIT};
		policies[i] = policy_new(&rule);
		steps[i] = (struct filter_step){.policy = policies[i]};
		filter_list_put(one);
	}
	assert_int_equal(filter_add_steps(f, "a", steps, 130), 0);
	bed_peer_up(b, 0, f);
	announce_all(b, 0, (struct path_spec){0});
	for (uint32_t i = 0; i < 130; i++) {
		struct prefix p = pfx_n(i);
		enum rib_why why;
		assert_true(rib_look(b->rib, 3, &p, why_of, &why));
		assert_int_equal(why, i < 127 ? RIB_USED : RIB_WHY_TOO_MANY_EFFECTS);
		policy_put(policies[i]);
	}
	bed_peer_down(b, 0, FIB_CAUSE_SESSION);
	bed_wait(b, 3000);
	assert_int_equal(b->fib->routes_n, 0);
	filter_put(f);
	bed_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_reload_writes_only_what_changes),
		cmocka_unit_test(test_the_best_path_decides),
		cmocka_unit_test(test_others_change_the_source),
		cmocka_unit_test(test_a_restart_keeps_it),
		cmocka_unit_test(test_a_route_moves_to_another_metric),
		cmocka_unit_test(test_a_move_that_is_refused),
		cmocka_unit_test(test_audits_know_the_metric),
		cmocka_unit_test(test_a_restart_finds_another_metric),
		cmocka_unit_test(test_the_address_appears_and_goes),
		cmocka_unit_test(test_no_byte_a_prefix),
		cmocka_unit_test(test_too_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
