/* The client of the fib process: the rib's packets go out as fast as it takes them, what the kernel
 * says comes in. Decisions run in slices between the loop's other work. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/ctl/words.h"
#include "bgpd-lite/neighbor.h"
#include "bgpd-lite/plain_mark.h"
#include "lib/clock.h"
#include "lib/log.h"

enum {
	SLICE_US = 4000,      /* of decisions before other events are looked at */
	SLICE_PREFIXES = 256, /* between two looks at the clock */
	/* Octets of prefixes that a neighbour may still say while too many wait for a decision. */
	TELL_MAX = 16 * 1024,
};

static void lost(struct daemon *d, const char *why)
{
	if (d->fib.gone)
		return;
	d->fib.gone = true;
	ev_io_stop(d->loop, &d->fibc.readable);
	ev_io_stop(d->loop, &d->fibc.writable);
	ev_idle_stop(d->loop, &d->fibc.work);
	ev_timer_stop(d->loop, &d->fibc.wake);
	d->fib.failed = d->stop == DAEMON_RUNS;
	if (d->fib.failed)
		log_err("channel lost process=fib reason=\"%s\"", why);
	daemon_stop(d, 1, false);
}

/* ---- out ---- */

/* True when the queue is empty; else the socket is full and `writable` is watched. */
static bool flush(struct daemon *d)
{
	const void *packet;
	size_t len;

	while (!d->fib.gone && (packet = rib_out_peek(d->rib, &len)) != NULL) {
		int r = chan_send(d->fib.fd, packet, len);
		if (r == -EAGAIN) {
			ev_io_start(d->loop, &d->fibc.writable);
			return false;
		}
		if (r < 0) {
			lost(d, strerror(-r));
			return false;
		}
		rib_out_pop(d->rib);
		d->fibc.packets_sent++;
	}
	if (!d->fib.gone)
		ev_io_stop(d->loop, &d->fibc.writable);
	return true;
}

/* Who fills the queue is not read until it is shorter; who says little does not wait for others. */
static void hold_peers_back(struct daemon *d)
{
	bool congested = rib_congested(d->rib) || d->budget.waits;
	for (size_t i = 0; i < d->neighbors_n; i++) {
		struct neighbor *n = d->neighbors[i];
		if (!congested)
			n->told_before = n->told;
		session_pause_reading(n->session, congested && n->told - n->told_before > TELL_MAX);
	}
}

static void arm_wake(struct daemon *d)
{
	int ms = rib_next_ms(d->rib, clock_ms());
	ev_timer_stop(d->loop, &d->fibc.wake);
	if (ms < 0)
		return;
	ev_timer_set(&d->fibc.wake, ms / 1000.0, 0);
	ev_timer_start(d->loop, &d->fibc.wake);
}

static void on_work(struct ev_loop *loop, struct ev_idle *w, int events)
{
	struct daemon *d = w->data;
	uint64_t end = clock_ns() + SLICE_US * 1000ull;
	bool more = true, room = true;

	(void)events;
	while (more && room && clock_ns() < end) {
		more = rib_run(d->rib, SLICE_PREFIXES, clock_ms());
		room = flush(d);
	}
	if (rib_out_of_memory(d->rib)) {
		log_err("out of memory: an operation for the kernel could not be queued");
		abort(); /* restarted; the kernel keeps the routes */
	}
	budget_worked(d);
	hold_peers_back(d);
	feeds_kick(d);
	if (more && room)
		return;
	ev_idle_stop(loop, w);
	if (d->fib.gone)
		return;
	arm_wake(d);
	if (!more)
		daemon_rib_at_rest(d);
}

void fibc_kick(struct daemon *d)
{
	if (!d->fib.gone && !ev_is_active(&d->fibc.writable))
		ev_idle_start(d->loop, &d->fibc.work);
}

static void on_writable(struct ev_loop *loop, struct ev_io *w, int events)
{
	struct daemon *d = w->data;
	(void)loop;
	(void)events;
	if (flush(d))
		fibc_kick(d);
}

static void on_wake(struct ev_loop *loop, struct ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	fibc_kick(w->data);
}

/* ---- in ---- */

static void receive_links(struct daemon *d, const struct chan_head *head, size_t len, bool *changed)
{
	const struct fib_link *l = (const void *)(head + 1);
	if (len != sizeof(*head) + head->count * sizeof(*l))
		return;
	for (unsigned i = 0; i < head->count; i++)
		*changed |= host_link_set(rib_host(d->rib), &l[i]);
}

static void receive_addresses(
	struct daemon *d, const struct chan_head *head, size_t len, bool *changed)
{
	const struct fib_address *a = (const void *)(head + 1);
	if (len != sizeof(*head) + head->count * sizeof(*a))
		return;
	for (unsigned i = 0; i < head->count; i++)
		*changed |= host_address_set(rib_host(d->rib), &a[i]);
}

static void receive_route_error(struct daemon *d, const struct fib_msg_route_error *m)
{
	static struct log_limit limit;
	unsigned suppressed;
	char text[PREFIX_TEXT_MAX];
	enum addr_family family = m->route.family == ADDR_V4 ? ADDR_V4 : ADDR_V6;
	struct prefix p = prefix_make(addr_from_bytes(family, m->route.addr), m->route.len);

	if (log_allowed(&limit, 10, 10000, &suppressed))
		log_event(LOG_LEVEL_WARN, LOG_ID_ROUTE_REFUSED,
			"route refused prefix=%s table=%u error=%d reason=\"%s\" suppressed=%u",
			prefix_text(p, text), m->route.table, m->error, m->text, suppressed);
	rib_route_error(d->rib, m, clock_ms());
}

static const char *gateway_text(struct daemon *d, uint32_t handle, char out[ADDR_TEXT_MAX])
{
	static struct rib_gateway_view gateways[RIB_PEERS_MAX];
	size_t n = rib_gateways(d->rib, gateways, RIB_PEERS_MAX);

	snprintf(out, ADDR_TEXT_MAX, "%u", handle);
	for (size_t i = 0; i < n; i++)
		if (gateways[i].gateway == handle)
			addr_text(gateways[i].addr, out);
	return out;
}

static void receive_gateway_lost(struct daemon *d, const struct fib_msg_gateway_lost *m)
{
	char address[ADDR_TEXT_MAX];
	const char *where = gateway_text(d, m->gateway, address);

	log_event(LOG_LEVEL_WARN, LOG_ID_GATEWAY_LOST,
		"gateway lost address=%s gateway=%u error=%d reason=\"%s\"", where, m->gateway,
		m->error, m->text);
	events_add(&d->events, clock_realtime_ns(), EVENT_GATEWAY, where, "lost: %s", m->text);
	rib_gateway_lost(d->rib, m, clock_ms());
}

static void receive_groups_flushed(struct daemon *d, const struct chan_head *head, size_t len)
{
	const struct fib_handle *h = (const void *)(head + 1);
	if (len != sizeof(*head) + head->count * sizeof(*h))
		return;
	for (unsigned i = 0; i < head->count; i++) {
		log_warn("group flushed group=%u reason=\"the kernel deleted it with its routes\"",
			h[i].handle);
		rib_group_flushed(d->rib, h[i].handle);
	}
}

static void receive_repaired(struct daemon *d, const struct fib_msg_repaired *m)
{
	if (m->messages == 0)
		return; /* nothing was held any more */
	repairs_add(&d->fibc.repairs, m->done_ns > m->at_ns ? (m->done_ns - m->at_ns) / 1000 : 0);
	d->fibc.last_repair = *m;
	events_add(&d->events, clock_realtime_ns(), EVENT_REPAIR, "",
		"%.3f ms after the loss of a session (%s): messages %u, gateways %u, groups %u",
		m->done_ns > m->at_ns ? (double)(m->done_ns - m->at_ns) / 1e6 : 0,
		words_fib_cause(m->cause), m->messages, m->gateways, m->groups);
}

static bool has(const struct chan_head *head, size_t len, uint8_t type, size_t size)
{
	return head->type == type && len == size;
}

static void receive(struct daemon *d, const void *packet, size_t len, bool *links_changed)
{
	const struct chan_head *head = packet;

	if (len < sizeof(*head) || head->version != FIB_CHANNEL_VERSION) {
		lost(d, "a packet of another version");
		return;
	}
	if (head->type == FIB_MSG_LINK) {
		receive_links(d, head, len, links_changed);
	} else if (head->type == FIB_MSG_ADDRESS) {
		receive_addresses(d, head, len, links_changed);
	} else if (has(head, len, FIB_MSG_DONE, sizeof(struct fib_msg_done))) {
		d->fibc.packets_done = ((const struct fib_msg_done *)packet)->packets;
		rib_fib_done(d->rib, d->fibc.packets_done);
	} else if (has(head, len, FIB_MSG_ROUTE_ERROR, sizeof(struct fib_msg_route_error))) {
		receive_route_error(d, packet);
	} else if (head->type == FIB_MSG_GROUP_FLUSHED) {
		receive_groups_flushed(d, head, len);
	} else if (has(head, len, FIB_MSG_GATEWAY_LOST, sizeof(struct fib_msg_gateway_lost))) {
		receive_gateway_lost(d, packet);
	} else if (has(head, len, FIB_MSG_REPAIRED, sizeof(struct fib_msg_repaired))) {
		receive_repaired(d, packet);
	} else if (has(head, len, FIB_MSG_TABLE_ERROR, sizeof(struct fib_msg_table_error))) {
		const struct fib_msg_table_error *m = packet;
		log_err("table refused table=%u error=%d reason=\"%s\"", m->table, m->error,
			m->text);
	} else if (has(head, len, FIB_MSG_RULES, sizeof(struct fib_msg_rules))) {
		d->rules.state = *(const struct fib_msg_rules *)packet;
	} else if (has(head, len, FIB_MSG_LINK_PEER,
			   sizeof(*head) + sizeof(struct fib_link_peer))) {
		unnumbered_learn(d, (const void *)(head + 1));
	} else if (head->type == FIB_MSG_SWEPT) {
		plain_mark_remove(d->options.state_dir);
	} else if (head->type == FIB_MSG_RESYNCED) {
		d->fibc.resyncs++;
	} else if (has(head, len, FIB_MSG_NEIGHBOR_STATE,
			   sizeof(*head) + sizeof(struct fib_neighbor_state))) {
		reach_receive(d, (const void *)(head + 1));
	} else if (has(head, len, FIB_MSG_RESOLVED, sizeof(*head) + sizeof(struct fib_resolved))) {
		rib_resolved(d->rib, (const void *)(head + 1));
	} else if (head->type == FIB_MSG_ALIVE) {
		service_fib_alive(d);
	} else if (head->type == FIB_MSG_SYNCED) {
		*links_changed = true;
		d->fibc.synced = true;
	} else if (!healing_receive(d, head, len) && !adopt_receive(d, head, len) &&
		   head->type != FIB_MSG_STOPPED) {
		log_warn("channel process=fib unknown type=%u len=%zu", head->type, len);
	}
}

/* Links, addresses, and what an earlier life left. */
static bool host_known(const struct daemon *d)
{
	return d->fibc.synced && d->adopt.phase != ADOPT_UNKNOWN;
}

static void on_readable(struct ev_loop *loop, struct ev_io *w, int events)
{
	struct daemon *d = w->data;
	static _Alignas(8) uint8_t packet[CHAN_PACKET_MAX];
	bool was_known = host_known(d), changed = false;

	(void)loop;
	(void)events;
	for (int i = 0; i < 64 && !d->fib.gone; i++) {
		ssize_t n = chan_recv(d->fib.fd, packet, sizeof(packet));
		if (n == -EAGAIN)
			break;
		if (n <= 0) {
			lost(d, n == 0 ? "it ended" : strerror((int)-n));
			return;
		}
		receive(d, packet, (size_t)n, &changed);
	}
	if (!was_known && host_known(d))
		daemon_host_known(d);
	if (changed && host_known(d))
		daemon_links_changed(d);
	fibc_kick(d);
}

void fibc_start(struct daemon *d)
{
	struct fib_client *f = &d->fibc;
	ev_io_init(&f->readable, on_readable, d->fib.fd, EV_READ);
	ev_io_init(&f->writable, on_writable, d->fib.fd, EV_WRITE);
	ev_idle_init(&f->work, on_work);
	ev_timer_init(&f->wake, on_wake, 0, 0);
	f->readable.data = f->writable.data = f->work.data = f->wake.data = d;
	/* One slice in every round of the loop, whatever else goes on; idle watchers run when
	 * nothing of their own priority or above is pending. */
	ev_set_priority(&f->work, 2);
	ev_io_start(d->loop, &f->readable);
}

void fibc_session_down(struct daemon *d, uint32_t incarnation, enum fib_cause cause)
{
	struct fib_msg_session_down m = {.head = {FIB_CHANNEL_VERSION, FIB_MSG_SESSION_DOWN, 1},
		.incarnation = incarnation,
		.cause = (uint8_t)cause,
		.at_ns = clock_ns()};
	int r = d->fib.gone ? -EPIPE : chan_send(d->fib.urgent, &m, sizeof(m));
	if (r < 0 && !d->fib.gone)
		lost(d, r == -EAGAIN ? "it does not read its urgent channel" : strerror(-r));
}

void fibc_gateway_down(struct daemon *d, uint32_t gateway)
{
	struct fib_msg_gateway_down m = {
		.head = {FIB_CHANNEL_VERSION, FIB_MSG_GATEWAY_DOWN, 1}, .gateway = gateway};
	int r = d->fib.gone ? -EPIPE : chan_send(d->fib.urgent, &m, sizeof(m));
	if (r < 0 && !d->fib.gone)
		lost(d, r == -EAGAIN ? "it does not read its urgent channel" : strerror(-r));
}

void fibc_ping(struct daemon *d)
{
	struct chan_head m = {FIB_CHANNEL_VERSION, FIB_MSG_PING, 1};
	/* A channel that takes nothing is not answered either: the watchdog sees it. */
	if (!d->fib.gone && chan_send(d->fib.urgent, &m, sizeof(m)) < 0)
		log_warn("heartbeat not sent process=fib");
}

void fibc_stop(struct daemon *d, bool withdraw)
{
	struct fib_msg_stop m = {
		.head = {FIB_CHANNEL_VERSION, FIB_MSG_STOP, 1}, .withdraw = withdraw};
	if (!d->fib.gone && chan_send(d->fib.urgent, &m, sizeof(m)) < 0)
		lost(d, "it takes no stop");
}
