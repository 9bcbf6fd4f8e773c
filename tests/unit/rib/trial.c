/* What other filters would change, asked without putting them in force; then they are put in force
 * and the kernel must show what was foretold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rib/policy.h"
#include "rib/trial.h"
#include "tests/unit/rib/bed.h"

enum {
	PREFIXES = 300,
};

struct seen {
	unsigned n[3]; /* by enum rib_trial_outcome */
};

static void visit(void *arg, uint16_t vrf, const struct prefix *p, enum rib_trial_outcome o)
{
	struct seen *s = arg;
	assert_int_equal(vrf, 3); /* the bed's */
	assert_int_equal(p->addr.family, ADDR_V4);
	s->n[o]++;
}

static struct seen try(struct bed *b, const struct rib_trial *t)
{
	struct rib_cursor c = {0};
	struct seen s = {0};
	while (rib_trial_walk(b->rib, t, &c, 7, visit, &s))
		;
	return s;
}

static void expect(
	struct bed *b, const struct rib_trial *t, unsigned gained, unsigned lost, unsigned changed)
{
	struct seen s = try(b, t);
	assert_int_equal(s.n[RIB_TRIAL_GAINED], gained);
	assert_int_equal(s.n[RIB_TRIAL_LOST], lost);
	assert_int_equal(s.n[RIB_TRIAL_CHANGED], changed);
}

/* Of both peers the first two thirds of the prefixes, of the first alone the rest. */
static struct bed *two_peers(void)
{
	struct bed *b = bed_new();
	bed_peer_up(b, 0, b->all);
	bed_peer_up(b, 1, b->all);
	for (uint32_t i = 0; i < PREFIXES; i++) {
		struct prefix p = pfx_n(i);
		bed_announce(b, 0, &p, (struct path_spec){0});
		if (i < 200)
			bed_announce(b, 1, &p, (struct path_spec){0});
	}
	bed_rest(b);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	return b;
}

static struct rib_trial *as_it_is(const struct bed *b)
{
	struct rib_trial *t = calloc(1, sizeof(*t));
	for (unsigned n = 0; n < 2; n++)
		t->peers[b->peer[n]] =
			(struct rib_trial_peer){.incarnation = b->life[n], .import = b->all};
	return t;
}

static struct filter *first_hundred(void)
{
	struct filter_rule r[100];
	for (uint32_t i = 0; i < 100; i++)
		r[i] = (struct filter_rule){.prefix = pfx_n(i), .ge = 24, .le = 24, .permit = true};
	return filter_of(r, 100);
}

static void nothing_is_changed_by_the_same(void **state)
{
	struct bed *b = two_peers();
	struct rib_trial *t = as_it_is(b);
	expect(b, t, 0, 0, 0);
	t->peers[b->peer[0]].incarnation = 0; /* not named: stays as it is */
	t->peers[b->peer[0]].import = NULL;
	expect(b, t, 0, 0, 0);
	free(t);
	bed_free(b);
}

static void a_narrower_import_and_back(void **state)
{
	struct bed *b = two_peers();
	struct rib_trial *t = as_it_is(b);
	struct filter *f = first_hundred();

	t->peers[b->peer[0]].import = f;
	expect(b, t, 0, 100, 100);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	rib_peer_import(b->rib, b->peer[0], f);
	bed_rest(b);
	assert_int_equal(b->fib->routes_n, PREFIXES - 100);
	t->peers[b->peer[0]].import = b->all;
	expect(b, t, 100, 0, 100);
	t->peers[b->peer[1]].import = NULL; /* and the other one learns nothing any more */
	expect(b, t, 100, 0, 200);
	rib_peer_import(b->rib, b->peer[1], NULL);
	rib_peer_import(b->rib, b->peer[0], b->all);
	bed_rest(b);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	free(t);
	filter_put(f);
	bed_free(b);
}

static void a_neighbour_that_goes(void **state)
{
	struct bed *b = two_peers();
	struct rib_trial *t = as_it_is(b);
	t->peers[b->peer[0]].gone = true;
	expect(b, t, 0, 100, 200);
	free(t);
	bed_free(b);
}

static void what_holds_for_all(void **state)
{
	struct bed *b = two_peers();
	struct rib_trial *t = as_it_is(b);
	struct filter *f = first_hundred();
	struct prefix one = pfx_n(200); /* of the first alone */
	struct filter *block = rib_block_new(&one, 1);
	struct rib_trial_ceiling ceiling = {.import = f};
	const struct fib_link *links;

	t->block = block;
	expect(b, t, 0, 1, 0);
	t->block = NULL;
	t->own = &one;
	t->own_n = 1;
	expect(b, t, 0, 1, 0);
	t->own_n = 0;
	assert_true(host_links(rib_host(b->rib), &links) > 0);
	strcpy(ceiling.interface, host_link_by_index(rib_host(b->rib), 2)->name);
	t->ceilings = &ceiling;
	t->ceilings_n = 1; /* of peer 0's link: 200 prefixes lose that path, 100 of them stay */
	expect(b, t, 0, 100, 100);
	free(t);
	filter_put(block);
	filter_put(f);
	bed_free(b);
}

static void other_values_are_a_change(void **state)
{
	struct bed *b = two_peers();
	struct rib_trial *t = as_it_is(b);
	struct policy_rule r = {.name = "p",
		.file = "f",
		.length_max = UINT16_MAX,
		.action = POLICY_PERMIT,
		.effect = {.set_local_pref = true, .local_pref = 300}};
	struct policy *p = policy_new(&r);
	struct filter_step step = {.policy = p};
	struct filter *f = filter_new();

	filter_add_steps(f, "c", &step, 1);
	t->peers[b->peer[1]].import = f;
	expect(b, t, 0, 0, 200);
	rib_peer_import(b->rib, b->peer[1], f);
	bed_rest(b);
	expect(b, t, 0, 0, 0);
	free(t);
	filter_put(f);
	policy_put(p);
	bed_free(b);
}

static void next_hops_count_as_they_are(void **state)
{
	struct bed *b = two_peers();
	struct rib_trial *t = as_it_is(b);
	struct filter *f = first_hundred();

	rib_peer_import(b->rib, b->peer[0], f);
	bed_rest(b);
	bed_link(b, 2, false); /* peer 0's */
	bed_rest(b);
	expect(b, t, 0, 0, 0);
	free(t);
	filter_put(f);
	bed_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_changed_by_the_same),
		cmocka_unit_test(a_narrower_import_and_back),
		cmocka_unit_test(a_neighbour_that_goes),
		cmocka_unit_test(what_holds_for_all),
		cmocka_unit_test(other_values_are_a_change),
		cmocka_unit_test(next_hops_count_as_they_are),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
