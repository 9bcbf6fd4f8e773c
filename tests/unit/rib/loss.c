/* What the loss of peers would leave, asked before; then they are lost and the kernel must show it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rib/loss.h"
#include "tests/unit/rib/bed.h"

enum {
	PREFIXES = 300,
};

struct seen {
	unsigned all, same, moved, lost;
	uint32_t shared; /* members of `then` that were none of `now` */
};

static void visit(void *arg, const struct rib_loss *x)
{
	struct seen *s = arg;

	assert_int_equal(x->vrf, 3); /* the bed's */
	assert_true(x->now->n > 0);
	s->all++;
	if (x->then->n == 0)
		s->lost++;
	else if (group_set_equal(x->now, x->then))
		s->same++;
	else
		s->moved++;
	for (size_t i = 0; i < x->then->n; i++)
		s->shared += !group_set_has(x->now, x->then->gateway[i]);
}

static struct seen without(struct bed *b, unsigned peers)
{
	bool lost[RIB_PEERS_MAX] = {0};
	struct rib_cursor c = {0};
	struct seen s = {0};

	for (unsigned n = 0; n < BED_PEERS; n++)
		if (peers & 1u << n)
			lost[b->peer[n]] = true;
	while (rib_loss_walk(b->rib, lost, &c, 7, visit, &s))
		;
	return s;
}

static void expect(struct bed *b, unsigned peers, unsigned same, unsigned moved, unsigned lost)
{
	struct seen s = without(b, peers);

	assert_int_equal(s.all, same + moved + lost);
	assert_int_equal(s.same, same);
	assert_int_equal(s.moved, moved);
	assert_int_equal(s.lost, lost);
}

/* Of peers 0 and 1 the first 200 prefixes, of 0 alone the rest; 2 is a standby for the first 50. */
static struct bed *three_peers(void)
{
	struct bed *b = bed_new();

	for (unsigned n = 0; n < 3; n++)
		bed_peer_up(b, n, b->all);
	for (uint32_t i = 0; i < PREFIXES; i++) {
		struct prefix p = pfx_n(i);
		bed_announce(b, 0, &p, (struct path_spec){0});
		if (i < 200)
			bed_announce(b, 1, &p, (struct path_spec){0});
		if (i < 50)
			bed_announce(b, 2, &p, (struct path_spec){.as_path_length = 4});
	}
	bed_rest(b);
	return b;
}

static void counts(void **state)
{
	struct bed *b = three_peers();

	expect(b, 0, PREFIXES, 0, 0);
	expect(b, 1u << 2, PREFIXES, 0, 0); /* nothing goes through the standby */
	expect(b, 1u << 1, 100, 200, 0);
	expect(b, 1u << 0, 0, 200, 100);
	expect(b, 3u, 0, 50, 250);
	expect(b, 7u, 0, 0, PREFIXES);
	struct seen s = without(b, 3u);
	assert_int_equal(s.shared, 50); /* the standby takes over */
	bed_free(b);
}

/* Nothing was changed by asking, and what was foretold comes. */
static void it_comes_so(void **state)
{
	struct bed *b = three_peers();

	expect(b, 3u, 0, 50, 250);
	bed_rest(b);
	bed_check(b);
	struct prefix first = pfx_n(0), last = pfx_n(PREFIXES - 1);
	bed_expect(b, &first, 3u, 4u);
	bed_peer_down(b, 0, FIB_CAUSE_SESSION);
	bed_peer_down(b, 1, FIB_CAUSE_SESSION);
	bed_rest(b);
	assert_int_equal(b->fib->routes_n, 50);
	bed_expect(b, &first, 4u, 0);
	bed_expect(b, &last, 0, 0);
	expect(b, 1u << 2, 0, 0, 50);
	bed_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(counts), cmocka_unit_test(it_comes_so)};
	return cmocka_run_group_tests_name("rib-loss", tests, NULL, NULL);
}
