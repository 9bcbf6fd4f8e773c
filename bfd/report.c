/* What the bfd process tells: fib and bgp by their channels, the operator by the log. */
#include "bfd/proc.h"
#include "lib/clock.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

bool bfd_log_ready(void)
{
	struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};
	return poll(&p, 1, 0) == 1 && (p.revents & POLLOUT);
}

static void watch(struct bfd_proc *proc, ev_io *writable)
{
	ev_io_start(proc->loop, writable);
}

static void tell_fib(struct bfd_proc *proc, struct bfd_peer *p, uint64_t now_ns)
{
	if (p->s.incarnation == 0)
		return;
	p->down = (struct fib_msg_session_down){
		.head = {FIB_CHANNEL_VERSION, FIB_MSG_SESSION_DOWN, 1},
		.incarnation = p->s.incarnation,
		.cause = FIB_CAUSE_BFD,
		.at_ns = now_ns,
	};
	int error = chan_send(proc->fib_fd, &p->down, sizeof(p->down));
	p->down_waits = error == -EAGAIN;
	if (p->down_waits)
		watch(proc, &proc->fib_writable);
	else if (error && bfd_log_ready())
		log_err("fib can't be told error=\"%s\"", strerror(-error));
}

void bfd_report_flush_fib(struct bfd_proc *proc)
{
	for (size_t i = 0; i < proc->table->heap.n; i++) {
		struct bfd_peer *p = bfd_peer_of(proc->table->heap.at[i]);
		if (!p->down_waits)
			continue;
		if (chan_send(proc->fib_fd, &p->down, sizeof(p->down)) == -EAGAIN)
			return;
		p->down_waits = false;
	}
	ev_io_stop(proc->loop, &proc->fib_writable);
}

static bool leaves_up(const struct bfd_msg_state *m)
{
	return m->old_state == BFD_STATE_UP && m->state != BFD_STATE_UP;
}

/* Two places a session: the latest state, and before it the first loss of Up that bgp has not heard
 * of, so that bgp learns of a loss even when the session is Up again before bgp reads. */
static void enqueue_state(struct bfd_peer *p, const struct bfd_msg_state *m)
{
	if (p->states_n == 2 && !leaves_up(&p->states[0]) && leaves_up(&p->states[1]))
		p->states[0] = p->states[1];
	if (p->states_n < 2)
		p->states_n++;
	p->states[p->states_n - 1] = *m;
}

static bool send_states(struct bfd_proc *proc, struct bfd_peer *p)
{
	while (p->states_n) {
		if (chan_send(proc->bgp_fd, &p->states[0], sizeof(p->states[0])) == -EAGAIN)
			return false;
		p->states[0] = p->states[1];
		p->states_n--;
	}
	return true;
}

static void tell_bgp(struct bfd_proc *proc, struct bfd_peer *p, uint8_t old_state, uint64_t now_ns)
{
	struct bfd_msg_state m = {
		.head = {BFD_CHANNEL_VERSION, BFD_MSG_STATE, 1},
		.id = p->s.id,
		.incarnation = p->s.incarnation,
		.state = p->s.state,
		.old_state = old_state,
		.diag = p->s.diag,
		.remote_state = p->s.remote_state,
		.remote_diag = p->s.remote_diag,
		.remote_c = p->s.remote_c,
		.node_late = bfd_session_node_late(&p->s, now_ns),
		.at_ns = now_ns,
		.last_rx_ns = p->s.last_rx_ns,
		.detection_ns = bfd_session_detection_ns(&p->s),
	};
	enqueue_state(p, &m);
	if (!send_states(proc, p))
		watch(proc, &proc->bgp_writable);
}

static void fill_drops(const struct bfd_proc *proc, const struct bfd_session *s, uint64_t *out)
{
	for (unsigned d = 0; d < BFD_DROP_OF_SESSION; d++)
		out[d] = proc->table->dropped[d];
	for (unsigned d = BFD_DROP_OF_SESSION; s && d < BFD_DROP_N; d++)
		out[d] = s->drops[d - BFD_DROP_OF_SESSION];
}

static int send_stats(const struct bfd_proc *proc, const struct bfd_peer *p)
{
	const struct bfd_session *s = &p->s;
	uint64_t detection_us = bfd_session_detection_ns(s) / 1000;
	struct bfd_msg_stats m = {
		.head = {BFD_CHANNEL_VERSION, BFD_MSG_STATS, 1},
		.id = s->id,
		.state = s->state,
		.diag = s->diag,
		.remote_state = s->remote_state,
		.remote_diag = s->remote_diag,
		.multiplier = s->multiplier,
		.remote_multiplier = s->remote_multiplier,
		.remote_c = s->remote_c,
		.local_discr = s->local_discr,
		.remote_discr = s->remote_discr,
		.tx_interval_us = bfd_session_tx_us(s),
		.remote_tx_us = s->remote_tx_us,
		.remote_rx_us = s->remote_rx_us,
		.detection_us = detection_us < UINT32_MAX ? (uint32_t)detection_us : UINT32_MAX,
		.state_since_ns = s->state_since_ns,
		.rx_packets = s->rx_packets,
		.tx_packets = s->tx_packets,
		.rx_dropped = s->rx_dropped,
		.rx_refused = bfd_refused_n(proc->table),
		.up_n = s->up_n,
		.down_n = s->down_n,
		.down_late_n = s->down_late_n,
		.saved_by_drain = s->saved_by_drain,
		.tx_late_max_us = s->tx_late_max_us,
		.tx_late_sum_us = s->tx_late_sum_us,
		.wake_late_max_us = proc->wake_late_max_us,
		.wake_late_sum_us = proc->wake_late_sum_us,
		.wake_n = proc->wake_n,
	};
	fill_drops(proc, s, m.drops);
	strcpy(m.error, p->error);
	return chan_send(proc->bgp_fd, &m, sizeof(m));
}

static int send_empty_stats(const struct bfd_proc *proc, uint32_t id, const char *error)
{
	struct bfd_msg_stats m = {
		.head = {BFD_CHANNEL_VERSION, BFD_MSG_STATS, 1},
		.id = id,
		.rx_refused = bfd_refused_n(proc->table),
	};
	fill_drops(proc, NULL, m.drops);
	strcpy(m.error, error);
	return chan_send(proc->bgp_fd, &m, sizeof(m));
}

static int send_alive(const struct bfd_proc *proc)
{
	struct chan_head m = {BFD_CHANNEL_VERSION, BFD_MSG_ALIVE, 1};
	return chan_send(proc->bgp_fd, &m, sizeof(m));
}

static bool flush_stats(struct bfd_proc *proc)
{
	for (size_t i = 0; i < proc->table->heap.n; i++) {
		struct bfd_peer *p = bfd_peer_of(proc->table->heap.at[i]);
		if (!p->stats_wanted)
			continue;
		if (send_stats(proc, p) == -EAGAIN)
			return false;
		p->stats_wanted = false;
	}
	if (proc->unknown_id &&
		send_empty_stats(proc, proc->unknown_id, "no such session") == -EAGAIN)
		return false;
	proc->unknown_id = 0;
	if (proc->stats_end_wanted && send_empty_stats(proc, 0, "") == -EAGAIN)
		return false;
	proc->stats_end_wanted = false;
	if (proc->alive_wanted && send_alive(proc) == -EAGAIN)
		return false;
	proc->alive_wanted = false;
	return true;
}

void bfd_report_flush_bgp(struct bfd_proc *proc)
{
	bool all = true;
	for (size_t i = 0; all && i < proc->table->heap.n; i++)
		all = send_states(proc, bfd_peer_of(proc->table->heap.at[i]));
	if (all && flush_stats(proc))
		ev_io_stop(proc->loop, &proc->bgp_writable);
	else
		watch(proc, &proc->bgp_writable);
}

static const char *cause_text(const struct bfd_session *s, uint64_t now_ns)
{
	if (s->diag == BFD_DIAG_ADMIN_DOWN)
		return "removed";
	if (bfd_session_node_late(s, now_ns))
		return "late-node";
	if (s->diag == BFD_DIAG_TIME_EXPIRED)
		return "silent-link";
	return s->diag == BFD_DIAG_PATH_DOWN ? "device-gone" : "peer";
}

static void log_change(struct bfd_proc *proc, const struct bfd_session *s, uint64_t now_ns)
{
	char peer[ADDR_TEXT_MAX];
	unsigned suppressed;
	if (!log_allowed(&proc->state_log, 100, 1000, &suppressed) || !bfd_log_ready())
		return;
	if (suppressed)
		log_warn("state changes not logged n=%u", suppressed);
	if (s->prev_state != BFD_STATE_UP) {
		log_event(LOG_LEVEL_INFO, s->state == BFD_STATE_UP ? LOG_ID_BFD_UP : LOG_ID_NONE,
			"session %s peer=%s device=%s was=%s detection_us=%llu",
			bfd_state_text((enum bfd_state)s->state), addr_text(s->remote, peer),
			s->device, bfd_state_text((enum bfd_state)s->prev_state),
			(unsigned long long)(bfd_session_detection_ns(s) / 1000));
		return;
	}
	log_event(LOG_LEVEL_INFO, LOG_ID_BFD_DOWN,
		"session %s peer=%s device=%s was=up cause=%s diag=%s remote_state=%s "
		"remote_diag=%s detection_us=%llu silent_us=%llu",
		bfd_state_text((enum bfd_state)s->state), addr_text(s->remote, peer), s->device,
		cause_text(s, now_ns), bfd_diag_text(s->diag),
		bfd_state_text((enum bfd_state)s->remote_state), bfd_diag_text(s->remote_diag),
		(unsigned long long)(bfd_session_detection_ns(s) / 1000),
		(unsigned long long)((now_ns - s->last_rx_ns) / 1000));
}

void bfd_report_change(struct bfd_proc *proc, struct bfd_peer *p, bool dead, uint64_t now_ns)
{
	if (dead)
		tell_fib(proc, p, now_ns);
	tell_bgp(proc, p, p->s.prev_state, now_ns);
	log_change(proc, &p->s, now_ns);
}

void bfd_report_remote(struct bfd_proc *proc, struct bfd_peer *p, uint64_t now_ns)
{
	tell_bgp(proc, p, p->s.state, now_ns);
}

void bfd_report_refused(struct bfd_proc *proc, const struct bfd_arrival *a, enum bfd_drop drop)
{
	char from[ADDR_TEXT_MAX];
	unsigned suppressed;
	if (drop == BFD_DROP_ADMIN_DOWN) /* as it should be, while a session is removed */
		return;
	if (!log_allowed(&proc->refused_log, 3, 10000, &suppressed) || !bfd_log_ready())
		return;
	log_warn("packet refused reason=%s peer=%s device=%s ifindex=%u ttl=%d not_logged=%u",
		bfd_drop_text(drop), addr_text(a->remote, from), a->device, a->ifindex, a->ttl,
		suppressed);
}
