/* bgp's messages: sessions to run, to change, to end; questions. */
#include "bfd/proc.h"
#include "lib/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	MESSAGES_A_TURN = 64,
	INTERVAL_LEAST_US = 10000,
};
#define STOP_MOST_NS 3000000000u
#define STARVED_US   150000u /* 50 ms x 3: below that a busy node needs real-time scheduling */
#define NO_LIMIT_NS  ((uint64_t)1 << 60)

static bool set_is_sane(const struct bfd_msg_set *m)
{
	return m->id && m->multiplier && m->tx_us >= INTERVAL_LEAST_US &&
	       m->rx_us >= INTERVAL_LEAST_US && addr_bits((enum addr_family)m->local.family) &&
	       m->local.family == m->remote.family &&
	       (!m->multihop || (m->minimum_ttl && !m->ifindex)) && bfd_auth_is_sane(&m->auth) &&
	       memchr(m->device, 0, sizeof(m->device));
}

static bool same_path(const struct bfd_session *s, const struct bfd_msg_set *m)
{
	return addr_equal(s->local, m->local) && addr_equal(s->remote, m->remote) &&
	       s->multihop == m->multihop && s->ifindex == m->ifindex &&
	       strcmp(s->device, m->device) == 0;
}

static void warn_if_starved(const struct bfd_proc *proc, const struct bfd_msg_set *m)
{
	char peer[ADDR_TEXT_MAX];
	if (!proc->realtime && (uint64_t)m->rx_us * m->multiplier < STARVED_US && bfd_log_ready())
		log_warn("detection below 150 ms without real-time scheduling peer=%s",
			addr_text(m->remote, peer));
}

static void create(struct bfd_proc *proc, const struct bfd_msg_set *m, uint64_t now_ns)
{
	struct bfd_peer *p = bfd_peer_new(proc, m, now_ns);
	if (!p) {
		log_err("out of memory");
		abort();
	}
	struct bfd_session *rival = bfd_table_find_rival(proc->table, &p->s);
	if (rival && rival->linger_ns) {
		bfd_peer_free(proc, bfd_peer_of(rival));
	} else if (rival) {
		log_err("session refused id=%u reason=\"same path as id %u\"", m->id, rival->id);
		bfd_peer_free(proc, p);
		return;
	}
	warn_if_starved(proc, m);
	bfd_peer_open(proc, p, now_ns);
	bfd_peer_act(proc, p, p->tx_fd >= 0 ? BFD_ACTION_SEND : 0u, now_ns);
}

static void change(struct bfd_proc *proc, struct bfd_session *s, const struct bfd_msg_set *m)
{
	s->incarnation = m->incarnation;
	s->minimum_ttl = m->minimum_ttl;
	s->passive = m->passive;
	bfd_peer_set_zero_checksum(bfd_peer_of(s), m->zero_checksum);
	bfd_session_set_auth(s, &m->auth);
	bfd_session_configure(s, m->tx_us, m->rx_us, m->multiplier);
	bfd_table_update(proc->table, s, false);
}

static void on_set(struct bfd_proc *proc, const struct bfd_msg_set *m)
{
	uint64_t now_ns = clock_ns();
	if (!set_is_sane(m)) {
		log_err("session refused id=%u reason=\"bad parameters\"", m->id);
		return;
	}
	struct bfd_session *s = bfd_table_find_id(proc->table, m->id);
	if (s && !s->linger_ns && same_path(s, m)) {
		change(proc, s, m);
		return;
	}
	if (s && !s->linger_ns)
		bfd_peer_disable(proc, bfd_peer_of(s), NO_LIMIT_NS, now_ns);
	if (s)
		bfd_peer_free(proc, bfd_peer_of(s));
	create(proc, m, now_ns);
}

static void on_remove(struct bfd_proc *proc, const struct bfd_msg_id *m)
{
	struct bfd_session *s = bfd_table_find_id(proc->table, m->id);
	if (s)
		bfd_peer_disable(proc, bfd_peer_of(s), NO_LIMIT_NS, clock_ns());
}

static void on_query(struct bfd_proc *proc, const struct bfd_msg_id *m)
{
	struct bfd_session *s = bfd_table_find_id(proc->table, m->id);
	bfd_rx_read_repeats(proc, clock_ns()); /* to count them */
	for (size_t i = 0; m->id == 0 && i < proc->table->heap.n; i++) {
		struct bfd_peer *p = bfd_peer_of(proc->table->heap.at[i]);
		p->stats_wanted = p->s.linger_ns == 0;
	}
	if (m->id == 0)
		proc->stats_end_wanted = true;
	else if (s)
		bfd_peer_of(s)->stats_wanted = true;
	else
		proc->unknown_id = m->id;
	bfd_report_flush_bgp(proc);
}

static void on_ping(struct bfd_proc *proc)
{
	proc->alive_wanted = true;
	bfd_report_flush_bgp(proc);
}

void bfd_command_stop(struct bfd_proc *proc, int exit_code)
{
	uint64_t now_ns = clock_ns();
	size_t n = proc->table->heap.n;
	struct bfd_session **all = malloc((n + 1) * sizeof(*all));
	if (!all) {
		log_err("out of memory");
		abort();
	}
	/* Each session moves in the heap. */
	if (n)
		memcpy(all, proc->table->heap.at, n * sizeof(*all));
	for (size_t i = 0; i < n; i++)
		bfd_peer_disable(proc, bfd_peer_of(all[i]), STOP_MOST_NS, now_ns);
	free(all);
	proc->stopping = true;
	proc->exit_code = exit_code;
	ev_io_stop(proc->loop, &proc->bgp_readable);
	if (n == 0)
		ev_break(proc->loop, EVBREAK_ALL);
}

static bool has_size(const struct chan_head *head, size_t len, size_t want)
{
	if (len == want)
		return true;
	log_err("message from bgp has a wrong size type=%u len=%zu", head->type, len);
	return false;
}

static void dispatch(struct bfd_proc *proc, const void *packet, size_t len)
{
	const struct chan_head *head = packet;
	if (len < sizeof(*head) || head->version != BFD_CHANNEL_VERSION) {
		log_err("message from bgp in another version len=%zu", len);
		return;
	}
	if (head->type == BFD_MSG_SET && has_size(head, len, sizeof(struct bfd_msg_set)))
		on_set(proc, packet);
	else if (head->type == BFD_MSG_REMOVE && has_size(head, len, sizeof(struct bfd_msg_id)))
		on_remove(proc, packet);
	else if (head->type == BFD_MSG_QUERY && has_size(head, len, sizeof(struct bfd_msg_id)))
		on_query(proc, packet);
	else if (head->type == BFD_MSG_STOP && has_size(head, len, sizeof(*head)))
		bfd_command_stop(proc, 0);
	else if (head->type == BFD_MSG_PING && has_size(head, len, sizeof(*head)))
		on_ping(proc);
	else if (head->type > BFD_MSG_PING || head->type == 0)
		log_err("message from bgp of an unknown type type=%u", head->type);
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct bfd_proc *proc = w->data;
	_Alignas(8) uint8_t packet[256];
	(void)loop;
	(void)revents;
	for (int i = 0; i < MESSAGES_A_TURN && !proc->stopping; i++) {
		ssize_t n = chan_recv(proc->bgp_fd, packet, sizeof(packet));
		if (n == -EAGAIN)
			return;
		if (n == -EMSGSIZE) {
			log_err("message from bgp is too long");
			continue;
		}
		if (n > 0) {
			dispatch(proc, packet, (size_t)n);
			continue;
		}
		log_err("bgp is gone, sessions go to AdminDown");
		bfd_command_stop(proc, 1);
	}
}

void bfd_command_init(struct bfd_proc *proc)
{
	ev_io_init(&proc->bgp_readable, on_readable, proc->bgp_fd, EV_READ);
	proc->bgp_readable.data = proc;
	ev_io_start(proc->loop, &proc->bgp_readable);
}
