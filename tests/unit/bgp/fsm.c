/* The BGP state machine: every state x event against a table written from RFC 4271 8.2.2, 6608 and
 * 9687; the times; the decision on two connections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bgpd-lite/bgp/collision.h"
#include "bgpd-lite/bgp/fsm.h"

/* One letter an action and one a state, so that a row fits a line. */
static const char action_letter[FSM_ACTIONS_N + 1] = "CXOKNRrIiLHkSDEW";
static const char state_letter[FSM_STATES_N + 1] = "ICASFE";

static const char *step_text(const struct fsm_step *s, char out[40])
{
	size_t n = 0;
	out[n++] = state_letter[s->next];
	out[n++] = ' ';
	for (unsigned i = 0; i < s->actions_n; i++) {
		out[n++] = action_letter[s->actions[i]];
		if (s->actions[i] == FSM_ACTION_SEND_NOTIFICATION)
			n += (size_t)snprintf(out + n, 40 - n, "%u/%u", s->code, s->subcode);
	}
	out[n] = 0;
	return out;
}

struct row {
	enum fsm_event event;
	const char *idle, *connect, *active, *open_sent, *open_confirm, *established;
};

/* clang-format off */
/* An active speaker's outgoing connection; the input's error is 9/9. */
static const struct row outgoing[FSM_EVENTS_N] = {
	{FSM_EVENT_START,                 "C iRC", "C ",   "A ",   "S ",          "F ",          "E "},
	{FSM_EVENT_STOP,                  "I i",   "I X",  "I X",  "I N9/9X",     "I N9/9X",     "I N9/9XW"},
	{FSM_EVENT_RESET,                 "I ",    "I XI", "I XI", "I N9/9XI",    "I N9/9XI",    "I N9/9XIW"},
	{FSM_EVENT_BFD_DOWN,              "I ",    "C ",   "A ",   "I N6/10XI",   "I N6/10XI",   "I N6/10XIW"},
	{FSM_EVENT_COLLISION_DUMP,        "I ",    "I X",  "I X",  "I N6/7X",     "I N6/7X",     "I N6/7XW"},
	{FSM_EVENT_CONNECT_RETRY_EXPIRES, "I ",    "C XRC","C RC", "S ",          "F ",          "E "},
	{FSM_EVENT_IDLE_HOLD_EXPIRES,     "C iRC", "C ",   "A ",   "S ",          "F ",          "E "},
	{FSM_EVENT_HOLD_EXPIRES,          "I ",    "I XI", "I XI", "I N4/0XI",    "I N4/0XI",    "I N4/0XIW"},
	{FSM_EVENT_KEEPALIVE_EXPIRES,     "I ",    "I XI", "I XI", "S ",          "F kK",        "E kK"},
	{FSM_EVENT_SEND_HOLD_EXPIRES,     "I ",    "I XI", "I XI", "I N8/0XI",    "I N8/0XI",    "I N8/0XIW"},
	{FSM_EVENT_TCP_CONNECTED,         "I X",   "S rLO","S rLO","S ",          "F ",          "E "},
	{FSM_EVENT_TCP_FAILED,            "I ",    "A XR", "A XR", "A XR",        "I XI",        "I XIW"},
	{FSM_EVENT_TCP_CLOSED,            "I ",    "A XR", "A XR", "A XR",        "I XI",        "I XIW"},
	{FSM_EVENT_HEADER_BAD,            "I ",    "I XI", "I XI", "I N9/9XI",    "I N9/9XI",    "I N9/9XIW"},
	{FSM_EVENT_OPEN,                  "I ",    "I XI", "I XI", "F HkK",       "I N5/2XI",    "I N5/3XIW"},
	{FSM_EVENT_OPEN_BAD,              "I ",    "I XI", "I XI", "I N9/9XI",    "I N5/2XI",    "I N5/3XIW"},
	{FSM_EVENT_KEEPALIVE,             "I ",    "I XI", "I XI", "I N5/1XI",    "E HSE",       "E H"},
	{FSM_EVENT_UPDATE,                "I ",    "I XI", "I XI", "I N5/1XI",    "I N5/2XI",    "E HD"},
	{FSM_EVENT_UPDATE_BAD,            "I ",    "I XI", "I XI", "I N5/1XI",    "I N5/2XI",    "I N9/9XIW"},
	{FSM_EVENT_REFRESH,               "I ",    "I XI", "I XI", "I N5/1XI",    "I N5/2XI",    "E D"},
	{FSM_EVENT_REFRESH_BAD,           "I ",    "I XI", "I XI", "I N5/1XI",    "I N5/2XI",    "I N9/9XIW"},
	{FSM_EVENT_NOTIFICATION,          "I ",    "I XI", "I XI", "I XI",        "I XI",        "I XIW"},
};
/* What differs from it for one that was accepted, resp. for a passive speaker. */
static const struct row incoming[] = {
	{FSM_EVENT_START,                 "I ",    NULL,   NULL,   NULL,          NULL,          NULL},
	{FSM_EVENT_STOP,                  "I ",    NULL,   NULL,   NULL,          NULL,          NULL},
	{FSM_EVENT_IDLE_HOLD_EXPIRES,     "I ",    NULL,   NULL,   NULL,          NULL,          NULL},
	{FSM_EVENT_TCP_CONNECTED,         "S LO",  "S LO", "S LO", NULL,          NULL,          NULL},
	{FSM_EVENT_TCP_FAILED,            NULL,    NULL,   NULL,   "I X",         NULL,          NULL},
	{FSM_EVENT_TCP_CLOSED,            NULL,    NULL,   NULL,   "I X",         NULL,          NULL},
};
static const struct row passive[] = {
	{FSM_EVENT_START,                 "A i",   NULL,   NULL,   NULL,          NULL,          NULL},
	{FSM_EVENT_IDLE_HOLD_EXPIRES,     "A i",   NULL,   NULL,   NULL,          NULL,          NULL},
	{FSM_EVENT_CONNECT_RETRY_EXPIRES, NULL,    "C ",   "A ",   NULL,          NULL,          NULL},
};
/* clang-format on */

static const char *row_cell(const struct row *r, enum fsm_state state)
{
	const char *const cell[FSM_STATES_N] = {
		r->idle, r->connect, r->active, r->open_sent, r->open_confirm, r->established};
	return cell[state];
}

static const char *expected(
	const struct row *rows, size_t n, enum fsm_event event, enum fsm_state state)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].event == event && row_cell(&rows[i], state))
			return row_cell(&rows[i], state);
	return row_cell(&outgoing[event], state);
}

static void check_all(struct fsm_input in, const struct row *rows, size_t n)
{
	char got[40];
	char want[80];
	char is[80];
	for (int state = 0; state < FSM_STATES_N; state++) {
		for (int event = 0; event < FSM_EVENTS_N; event++) {
			in.state = (enum fsm_state)state;
			assert_int_equal(outgoing[event].event, event);
			struct fsm_step s = fsm_step(&in, (enum fsm_event)event);
			snprintf(want, sizeof(want), "%s + %s: %s", fsm_state_text(in.state),
				fsm_event_text((enum fsm_event)event),
				expected(rows, n, (enum fsm_event)event, in.state));
			snprintf(is, sizeof(is), "%s + %s: %s", fsm_state_text(in.state),
				fsm_event_text((enum fsm_event)event), step_text(&s, got));
			assert_string_equal(is, want);
		}
	}
}

static void every_state_and_event(void **state)
{
	(void)state;
	struct fsm_input in = {.code = 9, .subcode = 9};
	check_all(in, NULL, 0);
	in.incoming = true;
	check_all(in, incoming, sizeof(incoming) / sizeof(incoming[0]));
	in.incoming = false;
	in.passive = true;
	check_all(in, passive, sizeof(passive) / sizeof(passive[0]));
}

static void stop_without_a_word(void **state)
{
	(void)state;
	char text[40];
	struct fsm_input in = {.state = FSM_ESTABLISHED};
	struct fsm_step s = fsm_step(&in, FSM_EVENT_STOP);
	assert_string_equal(step_text(&s, text), "I XW");
	in.state = FSM_OPEN_SENT;
	s = fsm_step(&in, FSM_EVENT_STOP);
	assert_string_equal(step_text(&s, text), "I X");
}

static void names_are_there(void **state)
{
	(void)state;
	for (int i = 0; i < FSM_EVENTS_N; i++)
		assert_string_not_equal(fsm_event_text((enum fsm_event)i), "?");
	assert_string_equal(fsm_state_text(FSM_OPEN_CONFIRM), "OpenConfirm");
	assert_string_equal(fsm_state_text((enum fsm_state)FSM_STATES_N), "?");
}

static void hold_and_keepalive(void **state)
{
	(void)state;
	assert_int_equal(fsm_hold_time_s(90, 180), 90);
	assert_int_equal(fsm_hold_time_s(90, 9), 9);
	assert_int_equal(fsm_hold_time_s(90, 0), 0);
	assert_int_equal(fsm_hold_time_s(0, 180), 0);
	assert_int_equal(fsm_keepalive_time_s(0, 90), 30);
	assert_int_equal(fsm_keepalive_time_s(10, 90), 10);
	assert_int_equal(fsm_keepalive_time_s(60, 90), 30);
	assert_int_equal(fsm_keepalive_time_s(0, 3), 1);
	assert_int_equal(fsm_keepalive_time_s(0, 0), 0);
	assert_int_equal(fsm_keepalive_time_s(10, 0), 0);
	assert_int_equal(fsm_send_hold_time_s(0, 90), 480);
	assert_int_equal(fsm_send_hold_time_s(0, 300), 600);
	assert_int_equal(fsm_send_hold_time_s(0, 65535), 131070);
	assert_int_equal(fsm_send_hold_time_s(5, 90), 5);
	assert_int_equal(fsm_keepalive_ms(30, 0), 30000);
	assert_int_equal(fsm_keepalive_ms(30, UINT32_MAX), 22500);
	assert_int_equal(fsm_keepalive_ms(1, UINT32_MAX), 1000);
}

static void jitter_and_backoff(void **state)
{
	(void)state;
	static const uint32_t base5[] = {5000, 10000, 20000, 40000, 60000, 60000};
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(fsm_backoff_ms(5, i, 0), base5[i]);
		assert_int_equal(fsm_backoff_ms(5, i, UINT32_MAX), base5[i] / 4 * 3);
	}
	assert_int_equal(fsm_backoff_ms(5, UINT32_MAX, 0), 60000);
	assert_int_equal(fsm_backoff_ms(120, 0, 0), 120000);
	assert_int_equal(fsm_backoff_ms(120, 9, 0), 120000);
	assert_int_equal(fsm_backoff_ms(0, 1, 0), 2000);
	for (uint32_t r = 0; r < 64; r++) {
		uint32_t ms = fsm_jitter_ms(1000, r << 26);
		assert_in_range(ms, 750, 1000);
	}
}

static void higher_identifier_keeps_its_connection(void **state)
{
	(void)state;
	/* Both ends judge the same two connections: what A calls outgoing is incoming at B. They
	 * must keep the same one, whichever OPEN each reads first. */
	for (int pair = 0; pair < 4; pair++) {
		uint32_t id_a = pair & 1 ? 9 : 5;
		uint32_t id_b = pair & 2 ? 9 : 5;
		for (int first = 0; first < 2; first++) {
			struct collision a = {.incoming = first,
				.other = FSM_OPEN_CONFIRM,
				.local_id = id_a,
				.remote_id = id_b,
				.local_as = 65002,
				.remote_as = 65001};
			bool keeps_out_a =
				(collision_decide(&a) == COLLISION_CLOSE_OTHER) != a.incoming;
			struct collision b = {.incoming = first,
				.other = FSM_OPEN_SENT,
				.local_id = id_b,
				.remote_id = id_a,
				.local_as = 65001,
				.remote_as = 65002};
			bool keeps_out_b =
				(collision_decide(&b) == COLLISION_CLOSE_OTHER) != b.incoming;
			assert_int_equal(keeps_out_a, !keeps_out_b);
			assert_int_equal(keeps_out_a, id_a >= id_b);
		}
	}
}

static void other_connection_not_in_open(void **state)
{
	(void)state;
	struct collision c = {.local_id = 1, .remote_id = 2, .local_as = 1, .remote_as = 2};
	for (int incoming_one = 0; incoming_one < 2; incoming_one++) {
		c.incoming = incoming_one;
		c.other = FSM_IDLE;
		assert_int_equal(collision_decide(&c), COLLISION_NONE);
		c.other = FSM_CONNECT;
		assert_int_equal(collision_decide(&c), COLLISION_CLOSE_OTHER);
		c.other = FSM_ACTIVE;
		assert_int_equal(collision_decide(&c), COLLISION_CLOSE_OTHER);
		c.other = FSM_ESTABLISHED;
		assert_int_equal(collision_decide(&c), COLLISION_CLOSE_THIS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_and_event),
		cmocka_unit_test(stop_without_a_word),
		cmocka_unit_test(names_are_there),
		cmocka_unit_test(hold_and_keepalive),
		cmocka_unit_test(jitter_and_backoff),
		cmocka_unit_test(higher_identifier_keeps_its_connection),
		cmocka_unit_test(other_connection_not_in_open),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
