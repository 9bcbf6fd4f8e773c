/* One connection of a session: its socket, watchers and timers. */
#include "bgpd-lite/session_priv.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	CONN_DRAIN_MAX = 32, /* reads before the hold timer is believed */
};

struct conn *conn_other(const struct conn *c)
{
	return c->incoming ? &c->session->outgoing : &c->session->incoming;
}

bool conn_paused(const struct conn *c)
{
	return c->session->paused && c->state == FSM_ESTABLISHED;
}

/* ---- watchers ---- */

static void on_readable(struct ev_loop *loop, ev_io *w, int events)
{
	conn_read(w->data);
}

static void on_more(struct ev_loop *loop, ev_idle *w, int events)
{
	conn_handle(w->data);
}

static void tcp_failed(struct conn *c, const char *step, int err)
{
	char text[SESSION_TEXT_MAX];
	snprintf(text, sizeof(text), "%s: %s", step, strerror(-err));
	c->session->counters.connect_failed_n++;
	conn_happen(
		c, &(struct happening){
			   .event = FSM_EVENT_TCP_FAILED, .cause = SESSION_DOWN_TCP, .text = text});
}

static void opened(struct conn *c)
{
	if (tcp_local(c->fd, &c->local) < 0 || tcp_remote(c->fd, &c->remote) < 0) {
		if (c->incoming)
			conn_close(c);
		else
			tcp_failed(c, "connect", -ENOTCONN);
		return;
	}
	ev_io_start(c->session->loop, &c->readable);
	conn_event(c, FSM_EVENT_TCP_CONNECTED, SESSION_DOWN_TCP);
}

static void on_writable(struct ev_loop *loop, ev_io *w, int events)
{
	struct conn *c = w->data;
	if (c->state != FSM_CONNECT) {
		struct session *s = c->session;
		conn_flush(c);
		if (!conn_unsent(c) && s->ops->drained && session_established_conn(s) == c)
			s->ops->drained(s->arg, s);
		return;
	}
	ev_io_stop(loop, w);
	int err = tcp_connect_result(c->fd);
	if (err)
		tcp_failed(c, "connect", err);
	else
		opened(c);
}

void conn_reading_update(struct conn *c)
{
	struct ev_loop *loop = c->session->loop;
	if (c->fd < 0 || c->state < FSM_OPEN_SENT)
		return;
	bool more = !conn_paused(c) && conn_has_message(c);
	if (more)
		ev_idle_start(loop, &c->more);
	else
		ev_idle_stop(loop, &c->more);
	if (!more && !conn_paused(c))
		ev_io_start(loop, &c->readable);
	else
		ev_io_stop(loop, &c->readable);
}

/* ---- timers ---- */

static void timer_set(struct ev_loop *loop, ev_timer *w, uint64_t ms)
{
	ev_timer_stop(loop, w);
	ev_timer_set(w, (double)ms / 1000., 0.);
	ev_timer_start(loop, w);
}

void conn_hold_start(struct conn *c, uint32_t ms)
{
	struct ev_loop *loop = c->session->loop;
	bool same = ev_is_active(&c->hold) && ms == c->hold_ms;
	c->hold_ms = ms;
	c->hold_deadline_ms = session_now_ms(c->session) + ms;
	if (ms == 0)
		ev_timer_stop(loop, &c->hold);
	else if (!same) /* a running timer looks at the deadline when it fires */
		timer_set(loop, &c->hold, ms);
}

/* Takes what the socket holds; true when the peer has been silent all the same. A process that was
 * stopped finds its timers late and the peer's messages waiting. */
static bool silent_after_drain(struct conn *c)
{
	const unsigned life = c->life;
	uint64_t before;
	for (int i = 0; i < CONN_DRAIN_MAX; i++) {
		before = c->session->counters.in_bytes;
		conn_read(c);
		if (c->life != life || conn_paused(c))
			return false;
		if (session_now_ms(c->session) < c->hold_deadline_ms)
			return false;
		if (before == c->session->counters.in_bytes && !conn_has_message(c))
			return true;
	}
	return true;
}

static void on_hold(struct ev_loop *loop, ev_timer *w, int events)
{
	struct conn *c = w->data;
	const unsigned life = c->life;
	uint64_t now = session_now_ms(c->session);
	if (conn_paused(c))
		c->hold_deadline_ms = now + c->hold_ms;
	if (now >= c->hold_deadline_ms && silent_after_drain(c)) {
		conn_event(c, FSM_EVENT_HOLD_EXPIRES, SESSION_DOWN_HOLD_TIMER);
		return;
	}
	if (c->life != life || c->hold_ms == 0)
		return;
	uint64_t left = c->hold_deadline_ms > now ? c->hold_deadline_ms - now : c->hold_ms;
	timer_set(loop, w, left);
}

void conn_keepalive_start(struct conn *c)
{
	if (c->keepalive_time_s)
		timer_set(c->session->loop, &c->keepalive,
			fsm_keepalive_ms(c->keepalive_time_s, session_random()));
	else
		ev_timer_stop(c->session->loop, &c->keepalive);
}

static void on_keepalive(struct ev_loop *loop, ev_timer *w, int events)
{
	conn_event(w->data, FSM_EVENT_KEEPALIVE_EXPIRES, SESSION_DOWN_LOCAL);
}

static uint64_t send_hold_ms(const struct conn *c)
{
	return 1000ULL * fsm_send_hold_time_s(c->session->conf.send_hold_time_s, c->hold_time_s);
}

void conn_send_hold_start(struct conn *c)
{
	c->progress_ms = session_now_ms(c->session);
	timer_set(c->session->loop, &c->send_hold, send_hold_ms(c) / 8);
}

/* RFC 9687: looks eight times a period whether the peer's TCP took anything. */
static void on_send_hold(struct ev_loop *loop, ev_timer *w, int events)
{
	struct conn *c = w->data;
	uint64_t now = session_now_ms(c->session);
	size_t waiting = 0;
	if (tcp_unacknowledged(c->fd, &waiting) < 0)
		waiting = 0;
	uint64_t acked = c->written - waiting;
	if (acked != c->acked || waiting + conn_unsent(c) == 0)
		c->progress_ms = now;
	c->acked = acked;
	if (now - c->progress_ms >= send_hold_ms(c)) {
		conn_event(c, FSM_EVENT_SEND_HOLD_EXPIRES, SESSION_DOWN_SEND_HOLD_TIMER);
		return;
	}
	timer_set(loop, w, send_hold_ms(c) / 8);
}

/* ---- life ---- */

void conn_init(struct conn *c, struct session *s, bool incoming)
{
	c->session = s;
	c->incoming = incoming;
	c->fd = -1;
	ev_init(&c->readable, on_readable);
	ev_init(&c->writable, on_writable);
	ev_init(&c->more, on_more);
	ev_set_priority(&c->more, EV_MAXPRI); /* others' events must not keep it waiting */
	ev_init(&c->hold, on_hold);
	ev_init(&c->keepalive, on_keepalive);
	ev_init(&c->send_hold, on_send_hold);
	c->readable.data = c->writable.data = c->more.data = c;
	c->hold.data = c->keepalive.data = c->send_hold.data = c;
}

static void begin(struct conn *c, int fd)
{
	c->fd = fd;
	c->in = c->small;
	c->in_capacity = sizeof(c->small);
	c->in_len = 0;
	c->written = c->acked = 0;
	c->peer_known = false;
	c->families = 0;
	c->hold_time_s = c->keepalive_time_s = 0;
	ev_io_set(&c->readable, fd, EV_READ);
	ev_io_set(&c->writable, fd, EV_WRITE);
}

void conn_connect(struct conn *c)
{
	session_adopt(c->session);
	const struct session_conf *conf = &c->session->conf;
	char step[64];
	int fd;
	struct tcp_target t = {.remote = {.addr = conf->address, .port = conf->port},
		.source = conf->update_source,
		.device = conf->device,
		.key = conf->password,
		.key_len = conf->password_len};
	if (conf->ttl_security)
		t.ttl_min = (uint8_t)(255 - (conf->hops ? conf->hops - 1 : 0));
	if (addr_is_link_local(conf->address) && conf->address.family == ADDR_V6) {
		t.remote.scope = if_nametoindex(conf->interface);
		if (!t.remote.scope) {
			tcp_failed(c, conf->interface, -ENODEV);
			return;
		}
	}
	int err = tcp_connect(&t, &fd, step, sizeof(step));
	if (err) {
		tcp_failed(c, step, err);
		return;
	}
	begin(c, fd);
	ev_io_start(c->session->loop, &c->writable);
}

void conn_take(struct conn *c, int fd)
{
	begin(c, fd);
	c->session->counters.accepted_n++;
	opened(c);
}

void conn_close(struct conn *c)
{
	struct ev_loop *loop = c->session->loop;
	ev_io_stop(loop, &c->readable);
	ev_io_stop(loop, &c->writable);
	ev_idle_stop(loop, &c->more);
	ev_timer_stop(loop, &c->hold);
	ev_timer_stop(loop, &c->keepalive);
	ev_timer_stop(loop, &c->send_hold);
	c->hold_ms = 0;
	c->life++;
	if (c->fd >= 0)
		tcp_close(c->fd);
	c->fd = -1;
	free(c->out.bytes);
	c->out = (struct sendq){0};
	c->local = c->remote = (struct tcp_end){0};
}
