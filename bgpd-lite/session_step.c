/* A happening goes through the state machine; the actions it answers with are done here. */
#include "bgpd-lite/session_priv.h"

#include <stdio.h>
#include <string.h>

/* What the step's NOTIFICATION carries: the decoder's error, or one of our own. */
static struct bgp_error step_error(const struct fsm_step *step, const struct happening *h)
{
	if (h->error && h->error->code == step->code && h->error->subcode == step->subcode)
		return *h->error;
	struct bgp_error error = {.code = step->code, .subcode = step->subcode};
	if (step->code == BGP_ERROR_FSM && h->type) {
		error.data = &h->type;
		error.data_len = 1;
	}
	return error;
}

/* RFC 8538 2: where both say N a NOTIFICATION starts a graceful restart, but a hard reset does not:
 * what we end on purpose is one. */
static bool is_hard_reset(
	const struct conn *c, const struct fsm_step *step, const struct happening *h)
{
	bool was_up = step->actions[step->actions_n - 1] == FSM_ACTION_DOWN;
	return was_up && h->cause == SESSION_DOWN_LOCAL && step->code == BGP_ERROR_CEASE &&
	       c->graceful.notification && c->peer.graceful.notification;
}

static void send_notification(
	struct conn *c, const struct fsm_step *step, const struct happening *h)
{
	struct session *s = c->session;
	uint8_t message[BGP_MESSAGE_MAX];
	struct bgp_error error = step_error(step, h);
	size_t len = is_hard_reset(c, step, h) ? bgp_hard_reset_encode(&error, message)
					       : bgp_notification_encode(&error, message);
	bgp_error_text(
		error.code, error.subcode, s->notification_sent, sizeof(s->notification_sent));
	conn_send_last(c, message, len);
}

static void send_open(struct conn *c)
{
	const struct session_conf *conf = &c->session->conf;
	uint8_t message[BGP_MESSAGE_MAX];
	const struct bgp_open_send open = {.local_as = conf->local_as,
		.local_id = conf->router_id,
		.hold_time_s = conf->hold_time_s,
		.families = conf->families,
		.enhanced_refresh = conf->enhanced_refresh,
		.extended_message = conf->extended_message,
		.role = conf->role,
		.long_lived = conf->long_lived && c->session->graceful.present,
		.graceful = c->session->graceful,
		.extended_next_hop = conf->extended_next_hop ? conf->families & BGP_FAMILY_IPV4 : 0,
		.add_path_receive = conf->add_path ? conf->families : 0};
	c->graceful = open.graceful;
	c->extended_in = open.extended_message;
	conn_send(c, message, bgp_open_encode(&open, message));
}

static void send_keepalive(struct conn *c)
{
	uint8_t message[BGP_HEADER_LEN];
	/* A queue full of UPDATEs keeps the session alive as well as this would. */
	conn_send(c, message, bgp_keepalive_encode(message));
}

static void deliver(struct conn *c, const struct happening *h)
{
	struct session *s = c->session;
	if (h->type == BGP_TYPE_UPDATE)
		s->ops->update(s->arg, s, h->update);
	else if (h->refresh_family)
		s->ops->refresh(s->arg, s, h->refresh_family, h->refresh);
}

static void established(struct conn *c)
{
	struct session *s = c->session;
	s->connect_failures = 0;
	s->counters.established_n++;
	session_log_established(c);
	s->ops->established(s->arg, s);
}

static void down(struct conn *c, const struct fsm_step *step, const struct happening *h)
{
	struct session *s = c->session;
	char text[SESSION_TEXT_MAX];
	happening_text(h, step, text, sizeof(text));
	s->counters.dropped_n++;
	session_log_down(s, h->cause, step->code ? s->notification_sent : h->notification, text);
	s->ops->down(s->arg, s, h->cause, text);
}

static void action_do(struct conn *c, enum fsm_action action, const struct fsm_step *step,
	const struct happening *h)
{
	struct session *s = c->session;
	switch (action) {
	case FSM_ACTION_CONNECT:
		conn_connect(c);
		return;
	case FSM_ACTION_CLOSE:
		conn_close(c);
		if (!c->incoming)
			ev_timer_stop(s->loop, &s->connect_retry);
		return;
	case FSM_ACTION_SEND_OPEN:
		send_open(c);
		return;
	case FSM_ACTION_SEND_KEEPALIVE:
		send_keepalive(c);
		return;
	case FSM_ACTION_SEND_NOTIFICATION:
		send_notification(c, step, h);
		return;
	case FSM_ACTION_START_CONNECT_RETRY:
		session_connect_retry_start(s);
		return;
	case FSM_ACTION_STOP_CONNECT_RETRY:
		ev_timer_stop(s->loop, &s->connect_retry);
		return;
	case FSM_ACTION_START_IDLE_HOLD:
		session_idle_hold_start(s, c);
		return;
	case FSM_ACTION_STOP_IDLE_HOLD:
		ev_timer_stop(s->loop, &s->idle_hold);
		return;
	case FSM_ACTION_START_LARGE_HOLD:
		conn_hold_start(c, FSM_LARGE_HOLD_S * 1000);
		return;
	case FSM_ACTION_START_HOLD:
		conn_hold_start(c, c->hold_time_s * 1000U);
		return;
	case FSM_ACTION_START_KEEPALIVE:
		conn_keepalive_start(c);
		return;
	case FSM_ACTION_START_SEND_HOLD:
		conn_send_hold_start(c);
		return;
	case FSM_ACTION_DELIVER:
		deliver(c, h);
		return;
	case FSM_ACTION_ESTABLISHED:
		established(c);
		return;
	case FSM_ACTION_DOWN:
		down(c, step, h);
		return;
	}
}

static bool has_failed(const struct conn *c, enum fsm_event event, enum fsm_state was)
{
	if (event == FSM_EVENT_TCP_FAILED)
		return true;
	if (event == FSM_EVENT_COLLISION_DUMP || (event == FSM_EVENT_STOP && was < FSM_OPEN_SENT))
		return false;
	return (was != FSM_IDLE && c->state == FSM_IDLE) ||
	       (was == FSM_OPEN_SENT && c->state == FSM_ACTIVE);
}

/* A connect that nobody answered until its timer ended. */
static void no_answer_note(struct session *s)
{
	s->connect_failures++;
	s->counters.connect_failed_n++;
	session_note_failure(s, "connect: no answer");
	session_log_failure(s, FSM_CONNECT, s->last_down);
}

/* Before the actions, as those look at it: what failed and how often. */
static void failure_note(
	struct conn *c, const struct happening *h, const struct fsm_step *step, enum fsm_state was)
{
	struct session *s = c->session;
	char text[SESSION_TEXT_MAX];

	if (h->event == FSM_EVENT_CONNECT_RETRY_EXPIRES && was == FSM_CONNECT)
		no_answer_note(s);
	if (!has_failed(c, h->event, was))
		return;
	if (h->event == FSM_EVENT_TCP_FAILED || c->state == FSM_ACTIVE)
		s->connect_failures++;
	happening_text(h, step, text, sizeof(text));
	session_note_failure(s, text);
	s->damped = h->cause == SESSION_DOWN_SENT;
	if (was != FSM_ESTABLISHED) {
		session_log_failure(s, was, text);
		return;
	}
	s->last_down_ms = session_now_ms(s);
	if (s->last_down_ms - s->since_ms >= FSM_STABLE_S * 1000ULL)
		s->idle_failures = 0;
}

/* Nobody waits for anything although the session should run: wait for the idle hold time. */
static void settle(struct session *s)
{
	if (s->started && s->outgoing.state == FSM_IDLE && s->incoming.state == FSM_IDLE &&
		!ev_is_active(&s->idle_hold))
		session_idle_hold_start(s, &s->outgoing);
}

void conn_happen(struct conn *c, const struct happening *h)
{
	struct session *s = c->session;
	const struct fsm_input in = {.state = c->state,
		.incoming = c->incoming,
		.passive = s->conf.passive,
		.code = h->error ? h->error->code : 0,
		.subcode = h->error ? h->error->subcode : 0};
	const struct fsm_step step = fsm_step(&in, h->event);

	c->state = step.next;
	failure_note(c, h, &step, in.state);
	for (unsigned i = 0; i < step.actions_n; i++) {
		enum fsm_action action = step.actions[i];
		/* What calls the owner or may fail comes last: settled and shown before it. */
		if (action == FSM_ACTION_DOWN || action == FSM_ACTION_ESTABLISHED)
			session_state_note(s);
		action_do(c, action, &step, h);
	}
	session_state_note(s);
	settle(s);
}

void conn_event(struct conn *c, enum fsm_event event, enum session_down_cause cause)
{
	conn_happen(c, &(struct happening){.event = event, .cause = cause});
}
