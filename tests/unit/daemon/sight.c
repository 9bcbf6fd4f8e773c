/* The histogram of repairs, and turns of the loop that last too long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "bgpd-lite/repairs.h"
#include "bgpd-lite/stall.h"

static void repairs_fall_into_buckets(void **state)
{
	static const uint64_t took_us[] = {0, 100, 101, 1000, 1000001};
	static const uint64_t within[REPAIR_BOUNDS_N] = {2, 3, 3, 4, 4, 4, 4, 4, 4, 4};
	struct repairs r = {0};

	for (size_t i = 0; i < 5; i++)
		repairs_add(&r, took_us[i]);
	assert_int_equal(r.n, 5);
	assert_int_equal(r.sum_us, 1001202);
	assert_memory_equal(r.within, within, sizeof(within));
	for (size_t i = 1; i < REPAIR_BOUNDS_N; i++)
		assert_true(repair_bound_us[i - 1] < repair_bound_us[i]);
}

static void on_time(struct ev_loop *loop, struct ev_timer *w, int events)
{
	usleep(*(unsigned *)w->data);
}

/* One turn whose timer lasts so long. */
static void turn(struct ev_loop *loop, unsigned us)
{
	struct ev_timer t;

	ev_timer_init(&t, on_time, 0, 0);
	t.data = &us;
	ev_timer_start(loop, &t);
	ev_run(loop, EVRUN_ONCE);
	ev_run(loop, EVRUN_NOWAIT); /* its end is the beginning of the next wait */
}

static void long_turns_count(void **state)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_NOENV);
	struct stall s;

	stall_start(&s, loop);
	turn(loop, 1000 * STALL_MS);
	assert_int_equal(s.n, 1);
	assert_true(s.longest_ns >= STALL_MS * 1000000ULL);
	turn(loop, 2000 * STALL_MS);
	assert_int_equal(s.n, 2);
	assert_true(s.longest_ns >= 2 * STALL_MS * 1000000ULL);
	stall_stop(&s, loop);
	turn(loop, 1000 * STALL_MS);
	assert_int_equal(s.n, 2);
	ev_loop_destroy(loop);
}

/* The time that it waits is none of its own. */
static void waiting_is_no_stall(void **state)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_NOENV);
	struct stall s;
	unsigned us = 0;
	struct ev_timer t;

	stall_start(&s, loop);
	ev_timer_init(&t, on_time, 0.5, 0);
	t.data = &us;
	ev_timer_start(loop, &t);
	ev_run(loop, EVRUN_ONCE);
	ev_run(loop, EVRUN_NOWAIT);
	assert_true(s.longest_ns < 500 * 1000000ULL);
	stall_stop(&s, loop);
	ev_loop_destroy(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(repairs_fall_into_buckets),
		cmocka_unit_test(long_turns_count), cmocka_unit_test(waiting_is_no_stall)};
	return cmocka_run_group_tests_name("sight", tests, NULL, NULL);
}
