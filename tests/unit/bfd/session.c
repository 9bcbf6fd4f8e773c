/* bfd: intervals, Poll, detection, jitter, lingering; the clock is a variable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bfd/session.h"

#define MS 1000000ull
static const uint64_t T0 = 1000 * 1000 * MS;

static struct bfd_session make(uint32_t tx_us, uint32_t rx_us, uint8_t multiplier)
{
	struct bfd_session s = {.id = 1, .tx_us = tx_us, .rx_us = rx_us, .multiplier = multiplier};
	bfd_session_start(&s, 1111, T0);
	return s;
}

static struct bfd_packet from_peer(enum bfd_state state)
{
	return (struct bfd_packet){.state = (uint8_t)state,
		.multiplier = 3,
		.my_discr = 2222,
		.desired_tx_us = 50000,
		.required_rx_us = 50000};
}

static unsigned hear(struct bfd_session *s, struct bfd_packet p, uint64_t now)
{
	enum bfd_drop drop;
	return bfd_session_packet(s, &p, now, now, &drop);
}

static struct bfd_session make_up(uint32_t tx_us, uint32_t rx_us, uint8_t multiplier)
{
	struct bfd_session s = make(tx_us, rx_us, multiplier);
	assert_int_equal(
		hear(&s, from_peer(BFD_STATE_INIT), T0), BFD_ACTION_CHANGED | BFD_ACTION_SEND);
	bfd_session_rephase(&s, 0, T0);
	return s;
}

static struct bfd_session make_up_settled(uint32_t tx_us, uint32_t rx_us)
{
	struct bfd_session s = make_up(tx_us, rx_us, 3);
	struct bfd_packet p = from_peer(BFD_STATE_UP);
	p.final = true;
	hear(&s, p, T0);
	assert_false(s.poll);
	return s;
}

static struct bfd_packet sent(const struct bfd_session *s)
{
	struct bfd_packet p;
	bfd_session_fill(s, false, &p);
	return p;
}

static void slow_until_up_and_again_after(void **state)
{
	struct bfd_session s = make(50000, 50000, 3);
	(void)state;
	assert_int_equal(sent(&s).desired_tx_us, 1000000);
	assert_int_equal(bfd_session_tx_us(&s), 1000000);
	assert_int_equal(sent(&s).required_rx_us, 50000);
	s = make(2000000, 50000, 3);
	assert_int_equal(sent(&s).desired_tx_us, 2000000);
	s = make_up(50000, 50000, 3);
	assert_int_equal(sent(&s).desired_tx_us, 50000);
	assert_int_equal(bfd_session_tx_us(&s), 50000);
	assert_true(sent(&s).poll);
	assert_int_equal(hear(&s, from_peer(BFD_STATE_DOWN), T0 + MS),
		BFD_ACTION_CHANGED | BFD_ACTION_SEND | BFD_ACTION_DEAD);
	assert_int_equal(sent(&s).desired_tx_us, 1000000);
	assert_false(sent(&s).poll);
	assert_int_equal(sent(&s).diag, BFD_DIAG_NEIGHBOR_DOWN);
	assert_int_equal(sent(&s).your_discr, 2222); /* a Down from the peer keeps it */
	hear(&s, from_peer(BFD_STATE_INIT), T0 + 2 * MS);
	assert_int_equal(s.state, BFD_STATE_UP);
	assert_int_equal(sent(&s).diag, BFD_DIAG_NONE);
}

static void poll_ends_with_final_alone(void **state)
{
	struct bfd_session s = make_up(50000, 50000, 3);
	struct bfd_packet p = from_peer(BFD_STATE_UP);
	(void)state;
	hear(&s, p, T0 + MS);
	assert_true(sent(&s).poll);
	p.final = true;
	hear(&s, p, T0 + 2 * MS);
	assert_false(sent(&s).poll);
}

static void poll_from_the_peer_is_answered(void **state)
{
	struct bfd_packet p, answer;
	struct bfd_session s = make_up(50000, 50000, 3);
	(void)state;
	p = from_peer(BFD_STATE_UP);
	p.poll = true;
	assert_int_equal(hear(&s, p, T0 + MS), BFD_ACTION_SEND_FINAL);
	bfd_session_fill(&s, true, &answer);
	assert_true(answer.final && !answer.poll); /* though we poll ourselves */
	s = make(50000, 50000, 3);
	p.state = BFD_STATE_UP;
	assert_int_equal(hear(&s, p, T0), BFD_ACTION_SEND_FINAL); /* in Down too */
	p.state = BFD_STATE_DOWN;
	assert_int_equal(hear(&s, p, T0), BFD_ACTION_SEND_FINAL | BFD_ACTION_CHANGED);
}

static void slower_sending_waits_for_final(void **state)
{
	struct bfd_session s = make_up_settled(50000, 50000);
	struct bfd_packet p = from_peer(BFD_STATE_UP);
	(void)state;
	bfd_session_configure(&s, 300000, 50000, 3);
	assert_int_equal(sent(&s).desired_tx_us, 300000);
	assert_true(sent(&s).poll);
	assert_int_equal(bfd_session_tx_us(&s), 50000);
	hear(&s, p, T0 + MS);
	assert_int_equal(bfd_session_tx_us(&s), 50000);
	p.final = true;
	hear(&s, p, T0 + 2 * MS);
	assert_int_equal(bfd_session_tx_us(&s), 300000);
	assert_int_equal(s.state, BFD_STATE_UP);
}

static void faster_sending_is_at_once(void **state)
{
	struct bfd_session s = make_up_settled(300000, 50000);
	(void)state;
	bfd_session_rephase(&s, 0, T0);
	assert_int_equal(bfd_session_next_tx_ns(&s), T0 + 300 * MS);
	bfd_session_configure(&s, 60000, 50000, 3);
	assert_true(sent(&s).poll);
	assert_int_equal(bfd_session_next_tx_ns(&s), T0 + 60 * MS);
}

static void shorter_detection_waits_for_final(void **state)
{
	struct bfd_session s = make_up_settled(50000, 300000);
	struct bfd_packet p = from_peer(BFD_STATE_UP);
	(void)state;
	assert_int_equal(bfd_session_detection_ns(&s), 900 * MS);
	bfd_session_configure(&s, 50000, 100000, 3);
	assert_int_equal(sent(&s).required_rx_us, 100000);
	assert_int_equal(bfd_session_detection_ns(&s), 900 * MS);
	p.final = true;
	hear(&s, p, T0 + MS);
	assert_int_equal(bfd_session_detection_ns(&s), 300 * MS);
	bfd_session_configure(&s, 50000, 200000, 3);
	assert_int_equal(bfd_session_detection_ns(&s), 600 * MS); /* longer: at once */
	assert_true(sent(&s).poll);
}

/* The F of the first Poll may answer a packet with the older values. */
static void second_change_gets_its_own_poll(void **state)
{
	struct bfd_session s = make_up_settled(50000, 50000);
	struct bfd_packet p = from_peer(BFD_STATE_UP);
	(void)state;
	bfd_session_configure(&s, 100000, 50000, 3);
	bfd_session_configure(&s, 200000, 50000, 3);
	p.final = true;
	hear(&s, p, T0 + MS);
	assert_int_equal(bfd_session_tx_us(&s), 50000);
	assert_false(sent(&s).poll); /* one packet without P between them */
	bfd_session_rephase(&s, 0, T0 + 2 * MS);
	assert_true(sent(&s).poll);
	hear(&s, p, T0 + 3 * MS);
	assert_int_equal(bfd_session_tx_us(&s), 200000);
	assert_false(sent(&s).poll);
}

static void unchanged_parameters_do_not_poll(void **state)
{
	struct bfd_session s = make_up_settled(50000, 50000);
	(void)state;
	bfd_session_configure(&s, 50000, 50000, 3);
	assert_false(sent(&s).poll);
	bfd_session_configure(&s, 50000, 50000, 5);
	assert_int_equal(sent(&s).multiplier, 5);
	assert_int_equal(s.state, BFD_STATE_UP);
}

static void changes_outside_of_up_are_at_once(void **state)
{
	struct bfd_session s = make(50000, 300000, 3);
	(void)state;
	bfd_session_configure(&s, 2000000, 100000, 3);
	assert_int_equal(bfd_session_tx_us(&s), 2000000);
	hear(&s, from_peer(BFD_STATE_DOWN), T0);
	assert_int_equal(bfd_session_detection_ns(&s), 300 * MS);
	assert_false(sent(&s).poll);
}

static void peer_decides_our_rate(void **state)
{
	struct bfd_session s = make_up_settled(50000, 50000);
	struct bfd_packet p = from_peer(BFD_STATE_UP);
	(void)state;
	p.required_rx_us = 400000;
	hear(&s, p, T0);
	assert_int_equal(bfd_session_next_tx_ns(&s), T0 + 400 * MS);
	p.required_rx_us = 10000;
	hear(&s, p, T0);
	assert_int_equal(bfd_session_next_tx_ns(&s), T0 + 50 * MS);
	p.required_rx_us = 0;
	hear(&s, p, T0);
	assert_true(bfd_session_next_tx_ns(&s) == BFD_NEVER);
}

static void demand_of_the_peer_is_honoured(void **state)
{
	struct bfd_session s = make_up_settled(50000, 50000);
	struct bfd_packet p = from_peer(BFD_STATE_UP);
	(void)state;
	p.demand = true;
	hear(&s, p, T0);
	assert_int_equal(bfd_session_tx_us(&s), 0);
	bfd_session_configure(&s, 100000, 50000, 3); /* a Poll needs packets */
	assert_int_equal(bfd_session_tx_us(&s), 50000);
	p.final = true;
	hear(&s, p, T0 + MS);
	assert_int_equal(bfd_session_tx_us(&s), 0);
	p.state = BFD_STATE_DOWN;
	hear(&s, p, T0 + 2 * MS);
	assert_int_equal(bfd_session_tx_us(&s), 1000000);
}

static void jitter_stays_in_its_bounds(void **state)
{
	struct bfd_session s = make_up_settled(100000, 100000);
	static const uint32_t random[] = {0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
	(void)state;
	for (size_t i = 0; i < sizeof(random) / sizeof(random[0]); i++) {
		bfd_session_rephase(&s, random[i], T0);
		s.multiplier = 3;
		assert_in_range(bfd_session_next_tx_ns(&s), T0 + 75 * MS, T0 + 100 * MS);
		s.multiplier = 1;
		assert_in_range(bfd_session_next_tx_ns(&s), T0 + 75 * MS, T0 + 90 * MS);
	}
	assert_in_range(bfd_session_next_tx_ns(&s), T0 + 75 * MS, T0 + 76 * MS);
	s.remote_rx_us = 0;
	assert_false(bfd_session_tx_is_near(&s, T0 + 500 * MS));
}

/* In the wake-up of another session, but never under 75 % of the interval. */
static void near_packets_leave_together(void **state)
{
	struct bfd_session s = make_up_settled(50000, 50000);
	(void)state;
	bfd_session_rephase(&s, 0, T0);
	assert_int_equal(bfd_session_next_tx_ns(&s), T0 + 50 * MS);
	assert_false(bfd_session_tx_is_near(&s, T0 + 37 * MS));
	assert_true(bfd_session_tx_is_near(&s, T0 + 38 * MS));
	bfd_session_rephase(&s, 0xffffffff, T0);
	assert_false(bfd_session_tx_is_near(&s, T0 + 37 * MS));
	s = make_up_settled(300000, 50000);
	bfd_session_rephase(&s, 0, T0);
	assert_false(bfd_session_tx_is_near(&s, T0 + 287 * MS));
	assert_true(bfd_session_tx_is_near(&s, T0 + 288 * MS));
}

static void silence_is_down_and_forgets(void **state)
{
	struct bfd_session s = make_up_settled(50000, 50000);
	uint64_t at = T0 + 150 * MS;
	(void)state;
	assert_int_equal(bfd_session_expiry_ns(&s), at);
	s.suspect = true;
	assert_int_equal(bfd_session_expire(&s, false, at - 1), 0);
	assert_int_equal(s.saved_by_drain, 1);
	assert_false(s.suspect);
	assert_int_equal(bfd_session_expire(&s, false, at),
		BFD_ACTION_CHANGED | BFD_ACTION_SEND | BFD_ACTION_DEAD);
	assert_int_equal(s.state, BFD_STATE_DOWN);
	assert_int_equal(s.diag, BFD_DIAG_TIME_EXPIRED);
	assert_int_equal(sent(&s).your_discr, 0);
	assert_true(bfd_session_expiry_ns(&s) == BFD_NEVER);
	assert_int_equal(s.down_n, 1);
	assert_int_equal(s.down_late_n, 0);
	s = make_up_settled(50000, 50000);
	bfd_session_note_late(&s, 80 * MS, at - 10 * MS);
	bfd_session_expire(&s, false, at);
	assert_int_equal(s.down_late_n, 1);
}

static void silence_in_init_is_down_but_nobody_died(void **state)
{
	struct bfd_session s = make(50000, 50000, 3);
	(void)state;
	hear(&s, from_peer(BFD_STATE_DOWN), T0);
	assert_int_equal(s.state, BFD_STATE_INIT);
	assert_int_equal(
		bfd_session_expire(&s, false, T0 + 150 * MS), BFD_ACTION_CHANGED | BFD_ACTION_SEND);
	assert_int_equal(s.down_n, 0);
}

static void doubt_gives_one_detection_time(void **state)
{
	struct bfd_session s = make_up_settled(50000, 50000);
	uint64_t late = T0 + 30000 * MS;
	(void)state;
	assert_int_equal(bfd_session_expire(&s, true, late), 0);
	assert_int_equal(bfd_session_expiry_ns(&s), late + 150 * MS);
	assert_true(bfd_session_expire(&s, true, late + 150 * MS) & BFD_ACTION_DEAD);
	s = make_up_settled(50000, 50000);
	assert_int_equal(bfd_session_expire(&s, true, late), 0);
	hear(&s, from_peer(BFD_STATE_UP), late + 10 * MS);
	assert_int_equal(bfd_session_expiry_ns(&s), late + 160 * MS);
	assert_int_equal(bfd_session_expire(&s, true, late + 160 * MS), 0); /* a new doubt */
}

static void discriminator_is_kept_for_a_detection_time(void **state)
{
	struct bfd_session s = make_up_settled(50000, 50000);
	struct bfd_packet p = from_peer(BFD_STATE_ADMIN_DOWN);
	(void)state;
	p.required_rx_us = 0;
	assert_int_equal(hear(&s, p, T0 + MS), BFD_ACTION_CHANGED | BFD_ACTION_SEND);
	assert_int_equal(s.diag, BFD_DIAG_NEIGHBOR_DOWN);
	assert_int_equal(s.remote_discr, 2222);
	assert_true(bfd_session_next_tx_ns(&s) == BFD_NEVER);
	assert_int_equal(bfd_session_expire(&s, false, T0 + 151 * MS), 0);
	assert_int_equal(s.remote_discr, 0);
	assert_int_equal(bfd_session_tx_us(&s), 1000000); /* a new peer may want packets */
}

static void old_packets_do_not_move_time_back(void **state)
{
	struct bfd_session s = make_up_settled(50000, 50000);
	struct bfd_packet p = from_peer(BFD_STATE_UP);
	enum bfd_drop drop;
	(void)state;
	bfd_session_packet(&s, &p, T0 + 20 * MS, T0 + 30 * MS, &drop);
	bfd_session_packet(&s, &p, T0 + 10 * MS, T0 + 30 * MS, &drop);
	assert_int_equal(s.last_rx_ns, T0 + 20 * MS);
}

static void removal_says_goodbye_for_a_detection_time(void **state)
{
	struct bfd_session s = make_up_settled(50000, 50000);
	struct bfd_packet p = from_peer(BFD_STATE_UP);
	enum bfd_drop drop;
	(void)state;
	p.required_rx_us = 80000;
	hear(&s, p, T0);
	assert_int_equal(bfd_session_disable(&s, T0), BFD_ACTION_CHANGED | BFD_ACTION_SEND);
	assert_int_equal(s.state, BFD_STATE_ADMIN_DOWN);
	assert_int_equal(sent(&s).diag, BFD_DIAG_ADMIN_DOWN);
	assert_int_equal(s.linger_ns, T0 + 240 * MS);   /* the peer's: our mult, its rx */
	assert_int_equal(bfd_session_tx_us(&s), 80000); /* repeatedly */
	p.poll = true;
	assert_int_equal(bfd_session_packet(&s, &p, T0, T0, &drop), 0);
	assert_int_equal(drop, BFD_DROP_ADMIN_DOWN);
	s = make(50000, 50000, 3);
	bfd_session_disable(&s, T0);
	assert_int_equal(s.linger_ns, T0); /* nobody was ever there */
}

static void passive_is_silent_until_the_peer_speaks(void **state)
{
	struct bfd_session s = make(50000, 50000, 3);
	(void)state;
	s.passive = true;
	assert_false(bfd_session_may_send(&s));
	assert_true(bfd_session_next_tx_ns(&s) == BFD_NEVER);
	hear(&s, from_peer(BFD_STATE_DOWN), T0);
	assert_true(bfd_session_may_send(&s));
	assert_int_equal(bfd_session_tx_us(&s), 1000000);
	bfd_session_expire(&s, false, T0 + 150 * MS);
	assert_false(bfd_session_may_send(&s));
	assert_true(bfd_session_next_tx_ns(&s) == BFD_NEVER);
	s.passive = false;
	assert_int_equal(bfd_session_tx_us(&s), 1000000);
}

static void lateness_is_remembered_for_a_while(void **state)
{
	struct bfd_session s = make_up_settled(50000, 50000);
	(void)state;
	bfd_session_note_late(&s, 75 * MS, T0);
	assert_false(bfd_session_node_late(&s, T0));
	bfd_session_note_late(&s, 76 * MS, T0);
	assert_true(bfd_session_node_late(&s, T0 + 300 * MS));
	assert_false(bfd_session_node_late(&s, T0 + 301 * MS));
}

static void due_is_the_earliest(void **state)
{
	struct bfd_session s = make_up_settled(50000, 50000);
	(void)state;
	assert_int_equal(bfd_session_due_ns(&s), T0 + 50 * MS);
	bfd_session_rephase(&s, 0, T0 + 140 * MS);
	assert_int_equal(bfd_session_due_ns(&s), T0 + 150 * MS);
	s.suspect = true;
	assert_int_equal(bfd_session_due_ns(&s), T0 + 190 * MS);
	s.wake_ns = T0 + 5 * MS;
	assert_int_equal(bfd_session_due_ns(&s), T0 + 5 * MS);
	s.linger_ns = T0 + 4 * MS;
	assert_int_equal(bfd_session_due_ns(&s), T0 + 4 * MS);
}

static void largest_numbers_do_not_wrap(void **state)
{
	struct bfd_session s = make_up_settled(50000, 50000);
	struct bfd_packet p = from_peer(BFD_STATE_UP);
	(void)state;
	p.multiplier = 255;
	p.desired_tx_us = p.required_rx_us = UINT32_MAX;
	hear(&s, p, T0);
	assert_int_equal(bfd_session_detection_ns(&s), 255ull * UINT32_MAX * 1000);
	assert_int_equal(bfd_session_next_tx_ns(&s), T0 + UINT32_MAX * 1000ull);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slow_until_up_and_again_after),
		cmocka_unit_test(poll_ends_with_final_alone),
		cmocka_unit_test(poll_from_the_peer_is_answered),
		cmocka_unit_test(slower_sending_waits_for_final),
		cmocka_unit_test(faster_sending_is_at_once),
		cmocka_unit_test(shorter_detection_waits_for_final),
		cmocka_unit_test(second_change_gets_its_own_poll),
		cmocka_unit_test(unchanged_parameters_do_not_poll),
		cmocka_unit_test(changes_outside_of_up_are_at_once),
		cmocka_unit_test(peer_decides_our_rate),
		cmocka_unit_test(demand_of_the_peer_is_honoured),
		cmocka_unit_test(jitter_stays_in_its_bounds),
		cmocka_unit_test(near_packets_leave_together),
		cmocka_unit_test(silence_is_down_and_forgets),
		cmocka_unit_test(silence_in_init_is_down_but_nobody_died),
		cmocka_unit_test(doubt_gives_one_detection_time),
		cmocka_unit_test(discriminator_is_kept_for_a_detection_time),
		cmocka_unit_test(old_packets_do_not_move_time_back),
		cmocka_unit_test(removal_says_goodbye_for_a_detection_time),
		cmocka_unit_test(passive_is_silent_until_the_peer_speaks),
		cmocka_unit_test(lateness_is_remembered_for_a_while),
		cmocka_unit_test(due_is_the_earliest),
		cmocka_unit_test(largest_numbers_do_not_wrap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
