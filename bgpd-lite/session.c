#include "bgpd-lite/session_priv.h"

#include "lib/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

uint64_t session_now_ms(const struct session *s)
{
	return clock_ms();
}

uint32_t session_random(void)
{
	uint32_t r = 0;
	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != sizeof(r))
		r = (uint32_t)clock_ns();
	return r;
}

/* ---- waiting between attempts ---- */

static void timer_set(struct session *s, ev_timer *w, uint32_t ms)
{
	ev_timer_stop(s->loop, w);
	ev_timer_set(w, ms / 1000., 0.);
	ev_timer_start(s->loop, w);
}

void session_connect_retry_start(struct session *s)
{
	unsigned n = s->connect_failures ? s->connect_failures - 1 : 0;
	if (!s->conf.passive)
		timer_set(s, &s->connect_retry,
			fsm_backoff_ms(s->wanted.connect_retry_time_s, n, session_random()));
}

void session_idle_hold_start(struct session *s, const struct conn *after)
{
	struct conn *other = conn_other(after);
	if (!s->started || other->state >= FSM_OPEN_SENT)
		return;
	if (other->state != FSM_IDLE) {
		ev_timer_stop(s->loop, &s->connect_retry);
		conn_close(other);
		other->state = FSM_IDLE;
	}
	timer_set(s, &s->idle_hold,
		fsm_backoff_ms(s->wanted.idle_hold_time_s, s->idle_failures, session_random()));
	if (s->idle_failures < FSM_BACKOFF_MAX_S)
		s->idle_failures++;
}

static void on_connect_retry(struct ev_loop *loop, ev_timer *w, int events)
{
	struct session *s = w->data;
	conn_event(&s->outgoing, FSM_EVENT_CONNECT_RETRY_EXPIRES, SESSION_DOWN_LOCAL);
}

static void on_idle_hold(struct ev_loop *loop, ev_timer *w, int events)
{
	struct session *s = w->data;
	s->damped = false;
	if (s->incoming.state == FSM_IDLE)
		session_adopt(s);
	if (s->incoming.state < FSM_OPEN_SENT)
		conn_event(&s->outgoing, FSM_EVENT_IDLE_HOLD_EXPIRES, SESSION_DOWN_LOCAL);
}

/* ---- configuration ---- */

void session_adopt(struct session *s)
{
	if (s->outgoing.fd < 0 && s->incoming.fd < 0)
		s->conf = s->wanted;
}

void session_configure(struct session *s, const struct session_conf *c)
{
	char *name = strdup(c->name);
	if (!name)
		abort();
	free(s->name);
	s->name = name;
	explicit_bzero(&s->wanted, sizeof(s->wanted));
	s->wanted = *c;
	s->wanted.name = name;
	s->conf.name = name;
	s->conf.hold_time_s = c->hold_time_s; /* offered in the next OPEN */
	s->conf.keepalive_time_s = c->keepalive_time_s;
	s->conf.send_hold_time_s = c->send_hold_time_s;
	if (!s->started)
		session_adopt(s);
}

static bool offers_equal(const struct session_conf *a, const struct session_conf *b)
{
	return a->local_as == b->local_as && a->remote_as == b->remote_as &&
	       a->external == b->external && a->internal == b->internal &&
	       a->families == b->families && a->extended_next_hop == b->extended_next_hop &&
	       a->add_path == b->add_path && a->enhanced_refresh == b->enhanced_refresh &&
	       a->extended_message == b->extended_message && a->role == b->role &&
	       a->role_strict == b->role_strict && a->long_lived == b->long_lived &&
	       a->any_next_hop == b->any_next_hop;
}

bool session_outdated(const struct session *s)
{
	const struct session_conf *a = &s->conf, *b = &s->wanted;
	return !offers_equal(a, b) || strcmp(a->device, b->device) != 0 || a->port != b->port ||
	       a->ttl_security != b->ttl_security || a->hops != b->hops ||
	       !addr_equal(a->update_source, b->update_source) ||
	       a->password_len != b->password_len ||
	       memcmp(a->password, b->password, a->password_len) != 0;
}

void session_graceful(struct session *s, const struct bgp_graceful *g)
{
	s->graceful = *g;
}

bool session_met(struct session *s, struct addr a)
{
	return s->ops->met && s->ops->met(s->arg, s, a);
}

const struct session_conf *session_configuration(const struct session *s)
{
	return &s->wanted;
}

/* ---- life ---- */

struct session *session_new(struct ev_loop *loop, const struct session_ops *ops, void *arg)
{
	struct session *s = calloc(1, sizeof(*s));
	if (!s)
		abort();
	s->loop = loop;
	s->ops = ops;
	s->arg = arg;
	s->since_ms = session_now_ms(s);
	conn_init(&s->outgoing, s, false);
	conn_init(&s->incoming, s, true);
	ev_init(&s->connect_retry, on_connect_retry);
	ev_init(&s->idle_hold, on_idle_hold);
	s->connect_retry.data = s->idle_hold.data = s;
	return s;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	ev_timer_stop(s->loop, &s->connect_retry);
	ev_timer_stop(s->loop, &s->idle_hold);
	conn_close(&s->outgoing);
	conn_close(&s->incoming);
	explicit_bzero(&s->conf, sizeof(s->conf));
	explicit_bzero(&s->wanted, sizeof(s->wanted));
	free(s->big);
	free(s->name);
	free(s);
}

void session_start(struct session *s)
{
	if (s->started)
		return;
	s->started = true;
	s->damped = false;
	s->connect_failures = 0;
	s->idle_failures = 0;
	session_adopt(s);
	conn_event(&s->outgoing, FSM_EVENT_START, SESSION_DOWN_LOCAL);
}

/* Both connections, the Established one last, as then the owner is told. */
static void happen_both(struct session *s, const struct happening *h)
{
	struct conn *last = session_established_conn(s);
	struct conn *second = last ? last : &s->outgoing;
	conn_happen(conn_other(second), h);
	conn_happen(second, h);
}

/* RFC 9003: one octet of length and the text, for the two subcodes that carry it. */
static struct bgp_error cease_error(uint8_t subcode, const char *text, uint8_t data[256])
{
	struct bgp_error error = {.code = BGP_ERROR_CEASE, .subcode = subcode};
	size_t len = text ? strnlen(text, 255) : 0;
	if (len && (subcode == BGP_CEASE_ADMIN_SHUTDOWN || subcode == BGP_CEASE_ADMIN_RESET)) {
		data[0] = (uint8_t)len;
		memcpy(data + 1, text, len);
		error.data = data;
		error.data_len = (uint16_t)(len + 1);
	}
	return error;
}

static void cease_text(uint8_t subcode, char *out, size_t capacity)
{
	if (subcode)
		bgp_error_text(BGP_ERROR_CEASE, subcode, out, capacity);
	else
		snprintf(out, capacity, "stopped");
}

void session_stop(struct session *s, uint8_t cease_subcode, const char *text)
{
	uint8_t data[256];
	char why[SESSION_TEXT_MAX];
	struct bgp_error error = cease_error(cease_subcode, text, data);
	cease_text(cease_subcode, why, sizeof(why));
	s->started = false;
	happen_both(s, &(struct happening){.event = FSM_EVENT_STOP,
			       .cause = SESSION_DOWN_LOCAL,
			       .error = cease_subcode ? &error : NULL,
			       .text = why});
}

void session_reset(struct session *s, uint8_t cease_subcode, enum session_down_cause cause)
{
	uint8_t data[256];
	char why[SESSION_TEXT_MAX];
	struct bgp_error error = cease_error(cease_subcode, NULL, data);
	cease_text(cease_subcode, why, sizeof(why));
	happen_both(s, &(struct happening){.event = cause == SESSION_DOWN_BFD ? FSM_EVENT_BFD_DOWN
									      : FSM_EVENT_RESET,
			       .cause = cause,
			       .error = cease_subcode ? &error : NULL,
			       .text = why});
}

void session_limit(struct session *s, uint32_t family, uint32_t limit, bool again)
{
	char why[SESSION_TEXT_MAX];
	struct bgp_error error = bgp_cease_limit(family, limit);
	cease_text(error.subcode, why, sizeof(why));
	s->started = s->started && again;
	happen_both(s, &(struct happening){.event = again ? FSM_EVENT_RESET : FSM_EVENT_STOP,
			       .cause = SESSION_DOWN_LOCAL,
			       .error = &error,
			       .text = why});
}

void session_kick(struct session *s)
{
	if (!s->started || s->incoming.state >= FSM_OPEN_SENT)
		return;
	s->connect_failures = 0;
	s->idle_failures = 0;
	if (s->outgoing.state == FSM_IDLE)
		on_idle_hold(s->loop, &s->idle_hold, 0);
	else
		conn_event(&s->outgoing, FSM_EVENT_CONNECT_RETRY_EXPIRES, SESSION_DOWN_LOCAL);
}

/* ---- traffic ---- */

void session_pause_reading(struct session *s, bool pause)
{
	if (s->paused == pause)
		return;
	s->paused = pause;
	struct conn *const both[] = {&s->outgoing, &s->incoming};
	for (int i = 0; i < 2; i++) {
		if (!pause && both[i]->hold_ms)
			both[i]->hold_deadline_ms = session_now_ms(s) + both[i]->hold_ms;
		conn_reading_update(both[i]);
	}
}

bool session_has_room(const struct session *s)
{
	const struct conn *c = session_established_conn((struct session *)s);
	return c && !conn_unsent(c);
}

int session_send(struct session *s, const void *bytes, size_t len)
{
	struct conn *c = session_established_conn(s);
	return c ? conn_send(c, bytes, len) : -ENOTCONN;
}

/* A connection that cannot be taken; in Established with the reason (RFC 4271 6.8). */
static void refuse(struct session *s, int fd)
{
	uint8_t message[BGP_MESSAGE_MAX];
	s->counters.refused_n++;
	if (session_established_conn(s)) {
		const struct bgp_error error = {
			.code = BGP_ERROR_CEASE, .subcode = BGP_CEASE_COLLISION};
		size_t len = bgp_notification_encode(&error, message);
		if (send(fd, message, len, MSG_NOSIGNAL) < 0)
			log_debug("refusal not sent neighbor=\"%s\"", s->name);
	}
	tcp_close(fd);
}

/* RFC 4724 5: a peer that restarts may be back before we know that it went. */
static void make_way(struct session *s)
{
	struct conn *c = session_established_conn(s);
	if (c && c->graceful.present && c->peer.graceful.present)
		conn_happen(c, &(struct happening){.event = FSM_EVENT_TCP_CLOSED,
				       .cause = SESSION_DOWN_TCP,
				       .text = "the neighbour connected anew"});
}

void session_accept(struct session *s, int fd)
{
	if (s->started)
		make_way(s);
	bool waits = ev_is_active(&s->idle_hold);
	if (!s->started || session_established_conn(s) || (waits && s->damped)) {
		refuse(s, fd);
		return;
	}
	/* A peer has one connection to us; a newer one means that it gave up the older. */
	if (s->incoming.state != FSM_IDLE) {
		s->counters.refused_n++;
		conn_event(&s->incoming, FSM_EVENT_COLLISION_DUMP, SESSION_DOWN_LOCAL);
	}
	session_adopt(s);
	conn_take(&s->incoming, fd);
}

/* ---- sight ---- */

size_t session_bytes(const struct session *s)
{
	return sizeof(*s) + (s->big ? CONN_READ_BIG : 0) + s->outgoing.out.capacity +
	       s->incoming.out.capacity;
}

struct conn *session_established_conn(const struct session *s)
{
	if (s->outgoing.state == FSM_ESTABLISHED)
		return (struct conn *)&s->outgoing;
	return s->incoming.state == FSM_ESTABLISHED ? (struct conn *)&s->incoming : NULL;
}

static const struct conn *foremost(const struct session *s)
{
	return s->incoming.state > s->outgoing.state ? &s->incoming : &s->outgoing;
}

void session_state_note(struct session *s)
{
	enum fsm_state now = foremost(s)->state;
	if (now != s->shown) {
		s->shown = now;
		s->since_ms = session_now_ms(s);
	}
}

void session_info(const struct session *s, struct session_info *out)
{
	const struct conn *c = foremost(s);
	*out = (struct session_info){.state = s->shown,
		.since_ms = s->since_ms,
		.last_down_ms = s->last_down_ms,
		.local = c->local.addr,
		.local_port = c->local.port,
		.remote_port = c->remote.port,
		.ifindex = c->remote.scope,
		.counters = s->counters};
	memcpy(out->last_down, s->last_down, sizeof(out->last_down));
	memcpy(out->notification_sent, s->notification_sent, sizeof(out->notification_sent));
	memcpy(out->notification_received, s->notification_received,
		sizeof(out->notification_received));
	session_wait_text(s, out->wait_reason, sizeof(out->wait_reason));
	if (c->state >= FSM_OPEN_CONFIRM) {
		out->hold_time_s = c->hold_time_s;
		out->keepalive_time_s = c->keepalive_time_s;
		out->families = c->families;
		out->enhanced_refresh = c->enhanced_refresh;
		out->extended_message = c->extended_out;
		out->extended_next_hop = c->extended_next_hop;
		out->add_path = c->add_path;
		out->graceful = c->graceful;
		out->peer = c->peer;
	}
}
