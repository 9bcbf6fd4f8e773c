/* Log lines and texts for people. Nothing from the peer gets here unescaped, the password never. */
#include "bgpd-lite/session_priv.h"

#include <stdio.h>
#include <string.h>

enum {
	FAULT_LINES = 5, /* in a window */
	FAULT_WINDOW_MS = 10000,
	FAILURE_LINES = 3,
	FAILURE_WINDOW_MS = 60000,
};

const char *families_text(uint32_t families)
{
	static const char *const text[] = {"none", "ipv4", "ipv6", "ipv4,ipv6"};
	return text[families & (BGP_FAMILY_IPV4 | BGP_FAMILY_IPV6)];
}

static const char *cause_text(enum session_down_cause cause)
{
	switch (cause) {
	case SESSION_DOWN_TCP:
		return "tcp";
	case SESSION_DOWN_HOLD_TIMER:
		return "hold-timer";
	case SESSION_DOWN_SEND_HOLD_TIMER:
		return "send-hold-timer";
	case SESSION_DOWN_RECEIVED:
		return "notification-received";
	case SESSION_DOWN_HARD:
		return "hard-reset-received";
	case SESSION_DOWN_SENT:
		return "notification-sent";
	case SESSION_DOWN_LOCAL:
		return "local";
	case SESSION_DOWN_BFD:
		return "bfd";
	}
	return "unknown";
}

void session_log_established(const struct conn *c)
{
	const struct session *s = c->session;
	char id[ADDR_TEXT_MAX];
	char local[ADDR_TEXT_MAX];
	log_event(LOG_LEVEL_INFO, LOG_ID_SESSION_UP,
		"session established neighbor=\"%s\" as=%u id=%s local=%s side=%s families=%s "
		"hold=%u keepalive=%u",
		s->name, c->peer.as, addr_text(c->peer.id, id), addr_text(c->local.addr, local),
		c->incoming ? "incoming" : "outgoing", families_text(c->families), c->hold_time_s,
		c->keepalive_time_s);
}

void happening_text(
	const struct happening *h, const struct fsm_step *step, char *out, size_t capacity)
{
	char name[96];
	if (h->cause == SESSION_DOWN_RECEIVED || h->cause == SESSION_DOWN_HARD)
		snprintf(out, capacity, "received %s", h->text);
	else if (h->cause != SESSION_DOWN_SENT || !step->code)
		snprintf(out, capacity, "%s", h->text ? h->text : fsm_event_text(h->event));
	else if (h->text)
		snprintf(out, capacity, "sent %s", h->text);
	else
		snprintf(out, capacity, "sent %s",
			bgp_error_text(step->code, step->subcode, name, sizeof(name)));
}

void session_log_down(const struct session *s, enum session_down_cause cause,
	const char *notification, const char *text)
{
	if (notification)
		log_event(LOG_LEVEL_INFO, LOG_ID_SESSION_DOWN,
			"session down neighbor=\"%s\" cause=%s notification=\"%s\" text=\"%s\"",
			s->name, cause_text(cause), notification, text);
	else
		log_event(LOG_LEVEL_INFO, LOG_ID_SESSION_DOWN,
			"session down neighbor=\"%s\" cause=%s text=\"%s\"", s->name,
			cause_text(cause), text);
}

void session_log_failure(struct session *s, enum fsm_state state, const char *text)
{
	unsigned suppressed = 0;
	if (!log_allowed(&s->failure_limit, FAILURE_LINES, FAILURE_WINDOW_MS, &suppressed))
		return;
	log_info("session failed neighbor=\"%s\" state=%s text=\"%s\" suppressed=%u", s->name,
		fsm_state_text(state), text, suppressed);
}

static const char *action_text(uint8_t action)
{
	switch ((enum bgp_update_action)action) {
	case BGP_UPDATE_ACCEPT:
		return "accept";
	case BGP_UPDATE_DISCARD_ATTRIBUTE:
		return "discard-attribute";
	case BGP_UPDATE_WITHDRAW:
		return "treat-as-withdraw";
	case BGP_UPDATE_RESET:
		return "reset";
	}
	return "unknown";
}

static void fault_count(struct session_counters *c, const struct bgp_fault *f)
{
	unsigned kind =
		f->attribute < SESSION_FAULT_OTHERS ? f->attribute : (unsigned)SESSION_FAULT_OTHERS;
	if (f->action < SESSION_FAULT_ACTIONS)
		c->faults[kind][f->action]++;
}

void session_log_faults(struct session *s, const struct bgp_update *u)
{
	if (u->action == BGP_UPDATE_DISCARD_ATTRIBUTE)
		s->counters.updates_discard++;
	else if (u->action == BGP_UPDATE_WITHDRAW)
		s->counters.updates_withdraw++;
	for (unsigned i = 0; i < u->faults_n; i++)
		fault_count(&s->counters, &u->faults[i]);
	for (unsigned i = 0; i < u->faults_n; i++) {
		unsigned suppressed = 0;
		if (!log_allowed(&s->fault_limit, FAULT_LINES, FAULT_WINDOW_MS, &suppressed))
			return;
		log_warn("update fault neighbor=\"%s\" attribute=%u action=%s why=\"%s\" "
			 "suppressed=%u",
			s->name, u->faults[i].attribute, action_text(u->faults[i].action),
			u->faults[i].why, suppressed);
	}
}

void session_note_failure(struct session *s, const char *text)
{
	snprintf(s->last_down, sizeof(s->last_down), "%s", text);
}

static double timer_left_s(const struct session *s, const ev_timer *w)
{
	/* The loop's functions take no const; this one changes nothing. */
	return ev_is_active(w) ? (double)ev_timer_remaining(s->loop, (ev_timer *)w) : 0.;
}

void session_wait_text(const struct session *s, char *out, size_t capacity)
{
	const char *after = s->last_down[0] ? "; last: " : "";
	switch (s->shown) {
	case FSM_ESTABLISHED:
		snprintf(out, capacity, "%s", "");
		return;
	case FSM_OPEN_CONFIRM:
		snprintf(out, capacity, "waits for KEEPALIVE");
		return;
	case FSM_OPEN_SENT:
		snprintf(out, capacity, "waits for OPEN");
		return;
	case FSM_CONNECT:
		snprintf(out, capacity, "connecting%s%.150s", after, s->last_down);
		return;
	case FSM_ACTIVE:
		if (s->conf.passive)
			snprintf(out, capacity, "waits for the neighbour to connect%s%.120s", after,
				s->last_down);
		else
			snprintf(out, capacity, "connects again in %.0f s%s%.120s",
				timer_left_s(s, &s->connect_retry), after, s->last_down);
		return;
	case FSM_IDLE:
		if (!s->started)
			snprintf(out, capacity, "stopped%s%.120s", after, s->last_down);
		else
			snprintf(out, capacity, "starts again in %.0f s%s%.120s",
				timer_left_s(s, &s->idle_hold), after, s->last_down);
		return;
	}
}
