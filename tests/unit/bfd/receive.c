/* bfd: which packets reach a session, and that a refused one changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bfd/receive.h"

static const uint64_t NOW = 5000000000;

static const struct addr LOCAL = {.family = ADDR_V4, .b = {10, 0, 0, 1}};
static const struct addr REMOTE = {.family = ADDR_V4, .b = {10, 0, 0, 2}};
static const struct addr OTHER = {.family = ADDR_V4, .b = {10, 0, 0, 3}};
static const char RED[16] = "red", BLUE[16] = "blue";

static struct bfd_table *table;
static struct bfd_session session;

static int setup(void **state)
{
	(void)state;
	table = bfd_table_new(7);
	session = (struct bfd_session){.id = 1,
		.ifindex = 4,
		.device = "red",
		.local = LOCAL,
		.remote = REMOTE,
		.tx_us = 50000,
		.rx_us = 50000,
		.multiplier = 3};
	bfd_session_start(&session, 1111, 1);
	return !bfd_table_add(table, &session);
}

static int teardown(void **state)
{
	(void)state;
	bfd_table_remove(table, &session);
	bfd_table_free(table);
	return 0;
}

static struct bfd_arrival arrival(void)
{
	return (struct bfd_arrival){.device = RED,
		.ifindex = 4,
		.local = LOCAL,
		.remote = REMOTE,
		.ttl = 255,
		.at_ns = NOW};
}

static struct bfd_packet packet(enum bfd_state state, uint32_t your_discr)
{
	return (struct bfd_packet){.state = (uint8_t)state,
		.multiplier = 3,
		.my_discr = 2222,
		.your_discr = your_discr,
		.desired_tx_us = 50000,
		.required_rx_us = 50000};
}

static struct bfd_received receive(struct bfd_packet p, struct bfd_arrival a)
{
	uint8_t b[BFD_PACKET_LEN];
	bfd_packet_encode(&p, b);
	return bfd_receive(table, b, sizeof(b), &a, NOW);
}

/* Refused for that reason, counted once, and the session is as it was. */
static void refuses(struct bfd_packet p, struct bfd_arrival a, enum bfd_drop drop)
{
	struct bfd_session before = session;
	uint64_t n = table->dropped[drop];
	bool known = drop >= BFD_DROP_OF_SESSION;
	struct bfd_received r = receive(p, a);
	assert_string_equal(bfd_drop_text(r.drop), bfd_drop_text(drop));
	assert_int_equal(r.actions, 0);
	assert_int_equal(table->dropped[drop], n + 1);
	before.rx_dropped += known;
	if (known)
		before.drops[drop - BFD_DROP_OF_SESSION]++;
	assert_memory_equal(&session, &before, sizeof(before));
}

static void three_packets_bring_it_up(void **state)
{
	(void)state;
	struct bfd_received r = receive(packet(BFD_STATE_DOWN, 0), arrival());
	assert_ptr_equal(r.session, &session);
	assert_int_equal(session.state, BFD_STATE_INIT);
	assert_int_equal(session.remote_discr, 2222);
	r = receive(packet(BFD_STATE_UP, 1111), arrival());
	assert_int_equal(session.state, BFD_STATE_UP);
	assert_int_equal(r.actions, BFD_ACTION_CHANGED | BFD_ACTION_SEND);
	assert_int_equal(session.rx_packets, 2);
	assert_int_equal(session.last_rx_ns, NOW);
}

static void ttl_comes_first(void **state)
{
	struct bfd_arrival a = arrival();
	uint8_t nothing = 0;
	(void)state;
	for (int ttl = -1; ttl < 255; ttl++) {
		a.ttl = ttl;
		refuses(packet(BFD_STATE_DOWN, 0), a, BFD_DROP_TTL);
	}
	assert_int_equal(bfd_receive(table, &nothing, 1, &a, NOW).drop, BFD_DROP_TTL);
	assert_int_equal(bfd_refused_n(table), 257);
}

static void zero_discriminator_needs_down_and_the_path(void **state)
{
	struct bfd_arrival a = arrival();
	(void)state;
	refuses(packet(BFD_STATE_INIT, 0), a, BFD_DROP_NO_DISCR_STATE);
	refuses(packet(BFD_STATE_UP, 0), a, BFD_DROP_NO_DISCR_STATE);
	a.remote = OTHER;
	refuses(packet(BFD_STATE_DOWN, 0), a, BFD_DROP_NO_SESSION);
	a = arrival();
	a.local = OTHER;
	refuses(packet(BFD_STATE_DOWN, 0), a, BFD_DROP_NO_SESSION);
	a = arrival();
	a.ifindex = 5;
	refuses(packet(BFD_STATE_DOWN, 0), a, BFD_DROP_NO_SESSION);
	a = arrival();
	a.device = BLUE;
	refuses(packet(BFD_STATE_DOWN, 0), a, BFD_DROP_NO_SESSION);
}

static void known_discriminator_needs_the_path_too(void **state)
{
	struct bfd_arrival a = arrival();
	(void)state;
	refuses(packet(BFD_STATE_INIT, 1112), a, BFD_DROP_UNKNOWN_DISCR);
	a.remote = OTHER;
	refuses(packet(BFD_STATE_INIT, 1111), a, BFD_DROP_WRONG_PATH);
	a = arrival();
	a.local = OTHER;
	refuses(packet(BFD_STATE_INIT, 1111), a, BFD_DROP_WRONG_PATH);
	a = arrival();
	a.ifindex = 5;
	refuses(packet(BFD_STATE_INIT, 1111), a, BFD_DROP_WRONG_PATH);
	a = arrival();
	a.device = BLUE;
	refuses(packet(BFD_STATE_INIT, 1111), a, BFD_DROP_WRONG_PATH);
	assert_int_equal(session.rx_dropped, 4);
	assert_int_equal(bfd_refused_n(table), 1); /* the others had a session */
}

static void authentication_is_refused(void **state)
{
	uint8_t b[26] = {0};
	struct bfd_packet p = packet(BFD_STATE_INIT, 1111);
	struct bfd_arrival a = arrival();
	(void)state;
	bfd_packet_encode(&p, b);
	b[1] |= 4;
	b[3] = 26;
	assert_int_equal(bfd_receive(table, b, sizeof(b), &a, NOW).drop, BFD_DROP_AUTH);
	assert_int_equal(session.state, BFD_STATE_DOWN);
	assert_int_equal(session.remote_discr, 0);
	b[11]++; /* unknown discriminator comes before it */
	assert_int_equal(bfd_receive(table, b, sizeof(b), &a, NOW).drop, BFD_DROP_UNKNOWN_DISCR);
}

static void ports_do_not_mix(void **state)
{
	struct bfd_arrival a = arrival();
	(void)state;
	a.multihop = true;
	refuses(packet(BFD_STATE_DOWN, 0), a, BFD_DROP_NO_SESSION);
	refuses(packet(BFD_STATE_INIT, 1111), a, BFD_DROP_WRONG_PATH);
}

static void multihop_needs_its_port_and_its_ttl(void **state)
{
	struct bfd_arrival a = arrival();
	(void)state;
	session.multihop = true;
	session.minimum_ttl = 253;
	session.ifindex = 0;
	refuses(packet(BFD_STATE_DOWN, 0), a, BFD_DROP_NO_SESSION);
	refuses(packet(BFD_STATE_INIT, 1111), a, BFD_DROP_WRONG_PATH);
	a.multihop = true;
	for (a.ttl = -1; a.ttl < 253; a.ttl++) {
		refuses(packet(BFD_STATE_DOWN, 0), a, BFD_DROP_HOPS);
		refuses(packet(BFD_STATE_INIT, 1111), a, BFD_DROP_HOPS);
	}
	a.ifindex = 77; /* any way is right */
	assert_int_equal(receive(packet(BFD_STATE_DOWN, 0), a).drop, BFD_DROP_NONE);
	a.ttl = 255;
	assert_int_equal(receive(packet(BFD_STATE_UP, 1111), a).drop, BFD_DROP_NONE);
	assert_int_equal(session.state, BFD_STATE_UP);
}

static void restarted_peer_is_noticed_at_once(void **state)
{
	struct bfd_packet p = packet(BFD_STATE_DOWN, 0);
	(void)state;
	receive(packet(BFD_STATE_INIT, 1111), arrival());
	assert_int_equal(session.state, BFD_STATE_UP);
	p.my_discr = 3333;
	struct bfd_received r = receive(p, arrival());
	assert_int_equal(r.actions, BFD_ACTION_CHANGED | BFD_ACTION_SEND | BFD_ACTION_DEAD);
	assert_int_equal(session.diag, BFD_DIAG_NEIGHBOR_DOWN);
	assert_int_equal(session.remote_discr, 3333);
}

static void admin_down_of_ours_hears_nothing(void **state)
{
	(void)state;
	receive(packet(BFD_STATE_INIT, 1111), arrival());
	bfd_session_disable(&session, NOW);
	struct bfd_received r = receive(packet(BFD_STATE_DOWN, 1111), arrival());
	assert_int_equal(r.drop, BFD_DROP_ADMIN_DOWN);
	assert_int_equal(session.state, BFD_STATE_ADMIN_DOWN);
	assert_int_equal(session.remote_state, BFD_STATE_DOWN);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(three_packets_bring_it_up),
		T(ttl_comes_first),
		T(zero_discriminator_needs_down_and_the_path),
		T(known_discriminator_needs_the_path_too),
		T(authentication_is_refused),
		T(ports_do_not_mix),
		T(multihop_needs_its_port_and_its_ttl),
		T(restarted_peer_is_noticed_at_once),
		T(admin_down_of_ours_hears_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
