/* bgp: when a session has to wait for BFD. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "bgpd-lite/bgp/hold.h"

static const struct hold_conf PLAIN = {.bfd = true, .up_delay_max_ms = 60000};
static const struct hold_conf STRICT = {.bfd = true, .strict = true, .up_delay_max_ms = 60000};
static const struct hold_conf STRICT_5S = {
	.bfd = true, .strict = true, .strict_hold_ms = 5000, .up_delay_max_ms = 60000};
static const struct hold_conf DELAY = {.bfd = true, .up_delay_ms = 1000, .up_delay_max_ms = 4000};

static struct hold fresh(void)
{
	struct hold h;
	hold_init(&h, 1000);
	return h;
}

static void without_strict_nothing_waits(void **state)
{
	struct hold h = fresh();
	(void)state;
	assert_int_equal(hold_until_ms(&h, &PLAIN, 1000), HOLD_OPEN);
	hold_bfd(&h, &PLAIN, true, false, false, 2000);
	hold_bfd(&h, &PLAIN, false, false, true, 3000);
	assert_int_equal(hold_until_ms(&h, &PLAIN, 3000), HOLD_OPEN);
}

static void strict_waits_for_up(void **state)
{
	struct hold h = fresh();
	(void)state;
	assert_true(hold_until_ms(&h, &STRICT, 999000) == HOLD_FOR_EVER);
	hold_bfd(&h, &STRICT, true, false, false, 2000);
	assert_int_equal(hold_until_ms(&h, &STRICT, 2000), HOLD_OPEN);
	hold_bfd(&h, &STRICT, false, false, true, 3000);
	assert_true(hold_until_ms(&h, &STRICT, 3000) == HOLD_FOR_EVER);
	struct hold_conf none = STRICT;
	none.bfd = false;
	assert_int_equal(hold_until_ms(&h, &none, 3000), HOLD_OPEN);
}

static void strict_ends_with_its_hold_time(void **state)
{
	struct hold h = fresh();
	(void)state;
	assert_int_equal(hold_until_ms(&h, &STRICT_5S, 1000), 6000);
	assert_int_equal(hold_until_ms(&h, &STRICT_5S, 5999), 6000);
	assert_int_equal(hold_until_ms(&h, &STRICT_5S, 6000), HOLD_OPEN);
	hold_bfd(&h, &STRICT_5S, true, false, false, 7000);
	hold_bfd(&h, &STRICT_5S, false, false, true, 8000);
	assert_int_equal(hold_until_ms(&h, &STRICT_5S, 8000), 13000);
}

static void admin_down_opens(void **state)
{
	struct hold h = fresh();
	(void)state;
	hold_bfd(&h, &STRICT, false, true, false, 2000);
	assert_int_equal(hold_until_ms(&h, &STRICT, 2000), HOLD_OPEN);
	hold_bfd(&h, &STRICT, false, false, false, 3000);
	assert_true(hold_until_ms(&h, &STRICT, 3000) == HOLD_FOR_EVER);
	hold_bfd(&h, &STRICT, true, false, false, 4000);
	hold_bfd(&h, &STRICT, false, true, false, 5000); /* it left Up, but nobody died */
	assert_int_equal(h.flaps, 0);
	assert_int_equal(hold_until_ms(&h, &STRICT, 5000), HOLD_OPEN);
}

/* Lost, and Up again 10 ms later, `n` times; the delay after the last. */
static uint64_t flap(struct hold *h, const struct hold_conf *c, unsigned n, uint64_t *now)
{
	for (unsigned i = 0; i < n; i++) {
		hold_bfd(h, c, true, false, false, *now += 10);
		hold_bfd(h, c, false, false, true, *now += 10);
	}
	hold_bfd(h, c, true, false, false, *now += 10);
	uint64_t until = hold_until_ms(h, c, *now);
	return until == HOLD_OPEN ? 0 : until - *now;
}

static void delay_doubles_up_to_its_maximum(void **state)
{
	static const uint64_t want[] = {0, 1000, 2000, 4000, 4000, 4000};
	(void)state;
	for (unsigned n = 0; n < sizeof(want) / sizeof(want[0]); n++) {
		struct hold h = fresh();
		uint64_t now = 1000;
		assert_int_equal(flap(&h, &DELAY, n, &now), want[n]);
	}
	struct hold h = fresh();
	uint64_t now = 1000;
	assert_int_equal(flap(&h, &DELAY, 1000, &now), 4000); /* no overflow */
}

static void stable_time_forgets(void **state)
{
	struct hold h = fresh();
	uint64_t now = 1000;
	(void)state;
	assert_int_equal(flap(&h, &DELAY, 2, &now), 2000);
	now += 4000 + 2000; /* just not long enough */
	hold_bfd(&h, &DELAY, false, false, true, now);
	assert_int_equal(h.flaps, 3);
	hold_bfd(&h, &DELAY, true, false, false, now);
	now += 4000 + 4000 + 1;
	hold_bfd(&h, &DELAY, false, false, true, now);
	assert_int_equal(h.flaps, 1);
}

static void delay_runs_without_up_unless_strict(void **state)
{
	struct hold h = fresh();
	struct hold_conf both = DELAY;
	(void)state;
	both.strict = true;
	hold_bfd(&h, &DELAY, true, false, false, 2000);
	hold_bfd(&h, &DELAY, false, false, true, 3000);
	assert_int_equal(hold_until_ms(&h, &DELAY, 3000), 4000);
	assert_int_equal(hold_until_ms(&h, &DELAY, 4000), HOLD_OPEN);
	assert_true(hold_until_ms(&h, &both, 4000) == HOLD_FOR_EVER);
	hold_bfd(&h, &both, true, false, false, 9000);
	assert_int_equal(hold_until_ms(&h, &both, 9000), 10000);
}

/* Down and Up again before bgp reads: one message tells of the loss. */
static void loss_told_late_counts(void **state)
{
	struct hold h = fresh();
	(void)state;
	hold_bfd(&h, &DELAY, false, false, true, 2000);
	assert_int_equal(h.flaps, 1);
	assert_int_equal(hold_until_ms(&h, &DELAY, 2000), 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_strict_nothing_waits),
		cmocka_unit_test(strict_waits_for_up),
		cmocka_unit_test(strict_ends_with_its_hold_time),
		cmocka_unit_test(admin_down_opens),
		cmocka_unit_test(delay_doubles_up_to_its_maximum),
		cmocka_unit_test(stable_time_forgets),
		cmocka_unit_test(delay_runs_without_up_unless_strict),
		cmocka_unit_test(loss_told_late_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
