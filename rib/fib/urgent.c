/* The urgent channels: session down, stop, heartbeat. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "rib/fib/fib.h"

static void take_session_down(struct fib *f, const struct fib_msg_session_down *m)
{
	struct ledger_loss loss =
		ledger_session_down(&f->ledger, m->incarnation, m->cause, &f->kops);
	struct fib_msg_repaired r = {
		.head = {.version = FIB_CHANNEL_VERSION, .type = FIB_MSG_REPAIRED, .count = 1},
		.incarnation = m->incarnation,
		.gateways = loss.gateways,
		.groups = loss.groups,
		.cause = m->cause,
		.at_ns = m->at_ns};
	r.messages = fib_apply(f);
	r.done_ns = clock_ns();
	outbox_put(&f->out, &r, sizeof(r));
	log_event(LOG_LEVEL_INFO, LOG_ID_REPAIRED,
		"repaired incarnation=%u cause=%s gateways=%u groups=%u messages=%u us=%llu",
		r.incarnation, m->cause == FIB_CAUSE_BFD ? "bfd" : "session", r.gateways, r.groups,
		r.messages, (unsigned long long)(r.done_ns - r.at_ns) / 1000);
}

/* bgp knows by itself. */
static void take_gateway_down(struct fib *f, const struct fib_msg_gateway_down *m)
{
	struct gateway *g = handles_find(&f->ledger.gateways, m->gateway);
	if (!g || !ledger_gateway_dead(&f->ledger, g, true))
		return;
	g->told = true;
	ledger_settle(&f->ledger, &f->kops);
	fib_apply(f);
}

static void take_stop(struct fib *f, const struct fib_msg_stop *m)
{
	struct chan_head stopped = {
		.version = FIB_CHANNEL_VERSION, .type = FIB_MSG_STOPPED, .count = 1};
	if (m->withdraw && f->configured) {
		rules_withdraw(f);
		sweep_withdraw(f);
		for (size_t i = 0; i < f->tables.n; i++)
			fib_defaults_del(f, f->tables.table[i].table);
	}
	log_info("stopped withdraw=%u", m->withdraw);
	outbox_put(&f->out, &stopped, sizeof(stopped));
	f->ended = true;
	f->exit_code = 0;
}

static void take_ping(struct fib *f)
{
	struct chan_head alive = {
		.version = FIB_CHANNEL_VERSION, .type = FIB_MSG_ALIVE, .count = 1};
	outbox_put(&f->out, &alive, sizeof(alive));
}

union packet {
	struct chan_head head;
	struct fib_msg_session_down down;
	struct fib_msg_stop stop;
	struct fib_msg_gateway_down gateway;
};

static void take_packet(struct fib *f, const union packet *p, size_t len, bool from_bgp)
{
	bool down = p->head.type == FIB_MSG_SESSION_DOWN && len == sizeof(p->down) &&
		    (p->down.cause == FIB_CAUSE_BFD || p->down.cause == FIB_CAUSE_SESSION);
	bool stop = p->head.type == FIB_MSG_STOP && len == sizeof(p->stop) && from_bgp;
	bool gateway =
		p->head.type == FIB_MSG_GATEWAY_DOWN && len == sizeof(p->gateway) && from_bgp;
	bool ping = p->head.type == FIB_MSG_PING && len == sizeof(p->head) && from_bgp;

	if (p->head.version == FIB_CHANNEL_VERSION && down)
		take_session_down(f, &p->down);
	else if (p->head.version == FIB_CHANNEL_VERSION && stop)
		take_stop(f, &p->stop);
	else if (p->head.version == FIB_CHANNEL_VERSION && gateway)
		take_gateway_down(f, &p->gateway);
	else if (p->head.version == FIB_CHANNEL_VERSION && ping)
		take_ping(f);
	else
		log_err("urgent-packet-refused version=%u type=%u len=%zu", p->head.version,
			p->head.type, len);
}

void fib_urgent_read(struct fib *f, int *fd)
{
	while (*fd >= 0 && !f->ended) {
		union packet p = {0};
		ssize_t n = chan_recv(*fd, &p, sizeof(p));
		if (n == -EAGAIN)
			return;
		if (n > 0 || n == -EMSGSIZE) {
			take_packet(f, &p, n > 0 ? (size_t)n : SIZE_MAX, fd == &f->urgent_fd);
			continue;
		}
		log_warn("%s-channel-closed", fd == &f->urgent_fd ? "urgent" : "bfd");
		close(*fd);
		*fd = -1;
	}
}
