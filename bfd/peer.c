/* A session with its sockets: opening, sending, carrying out its actions. */
#include "bfd/proc.h"
#include "bfd/socket.h"
#include "lib/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	PORT_TRIES = 64,
};
#define RETRY_NS 1000000000u

static uint32_t new_discriminator(struct bfd_proc *proc)
{
	uint32_t discr = 0;
	do {
		if (getrandom(&discr, sizeof(discr), 0) != sizeof(discr))
			discr = bfd_random(proc);
	} while (discr == 0 || bfd_table_find_discr(proc->table, discr));
	return discr;
}

struct bfd_peer *bfd_peer_new(struct bfd_proc *proc, const struct bfd_msg_set *m, uint64_t now_ns)
{
	struct bfd_peer *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	*p = (struct bfd_peer){.tx_fd = -1};
	p->s.id = m->id;
	p->s.incarnation = m->incarnation;
	p->s.ifindex = m->ifindex;
	memcpy(p->s.device, m->device, strlen(m->device));
	p->s.local = m->local;
	p->s.remote = m->remote;
	p->s.tx_us = m->tx_us;
	p->s.rx_us = m->rx_us;
	p->s.multiplier = m->multiplier;
	p->s.multihop = m->multihop;
	p->s.minimum_ttl = m->minimum_ttl;
	p->s.passive = m->passive;
	p->s.zero_checksum = m->zero_checksum;
	p->s.auth = m->auth;
	p->s.auth_tx_seq = bfd_random(proc);
	bfd_session_start(&p->s, new_discriminator(proc), now_ns);
	if (bfd_table_add(proc->table, &p->s))
		return p;
	free(p);
	return NULL;
}

static void close_tx(struct bfd_peer *p)
{
	if (p->tx_fd >= 0)
		close(p->tx_fd);
	p->tx_fd = -1;
}

/* Only what comes in Init makes a repeated Up a reason to wake up. */
static void count_init(struct bfd_proc *proc, uint8_t from, uint8_t to)
{
	proc->init_n += to == BFD_STATE_INIT;
	proc->init_n -= from == BFD_STATE_INIT;
	bfd_rx_watch_repeats(proc);
}

void bfd_peer_free(struct bfd_proc *proc, struct bfd_peer *p)
{
	count_init(proc, p->s.state, BFD_STATE_ADMIN_DOWN);
	bfd_table_remove(proc->table, &p->s);
	close_tx(p);
	if (p->rx)
		bfd_rx_put(p->rx, &p->s);
	free(p);
}

/* The port of before where there is one, else any free one of the range. */
static int open_tx(struct bfd_proc *proc, struct bfd_peer *p, const char **what)
{
	int fd = -EADDRINUSE;
	for (int i = 0; i < PORT_TRIES && fd == -EADDRINUSE; i++) {
		if (!p->port || i)
			p->port = (uint16_t)(BFD_SOURCE_PORT_FIRST +
					     bfd_random(proc) % BFD_SOURCE_PORT_N);
		fd = bfd_socket_tx(&p->s, p->port, what);
	}
	return fd;
}

/* The receiving socket of before is given back last: where it is still the right one, the packets
 * that wait in it are not lost. */
static int try_open(struct bfd_proc *proc, struct bfd_peer *p, const char **what)
{
	struct bfd_rx *before = p->rx;
	int error;
	close_tx(p);
	p->rx = NULL;
	error = p->tx_fd = open_tx(proc, p, what);
	if (p->tx_fd >= 0)
		p->rx = bfd_rx_get(proc, &p->s, bfd_socket_ifindex(p->tx_fd), &error, what);
	if (!p->rx)
		close_tx(p);
	if (before)
		bfd_rx_put(before, &p->s);
	return p->rx ? 0 : error;
}

/* One line when it begins or changes, not one a try. */
static void set_error(struct bfd_peer *p, const char *what, int error)
{
	char text[sizeof(p->error)], peer[ADDR_TEXT_MAX];
	snprintf(text, sizeof(text), "%s: %s", what, strerror(-error));
	if (strcmp(text, p->error) == 0)
		return;
	strcpy(p->error, text);
	if (bfd_log_ready())
		log_warn("session can't run peer=%s device=%s reason=\"%s\"",
			addr_text(p->s.remote, peer), p->s.device, text);
}

static void clear_error(struct bfd_peer *p)
{
	char peer[ADDR_TEXT_MAX];
	p->broken = false;
	if (!p->error[0])
		return;
	p->error[0] = 0;
	if (bfd_log_ready())
		log_info("session can run again peer=%s device=%s", addr_text(p->s.remote, peer),
			p->s.device);
}

void bfd_peer_open(struct bfd_proc *proc, struct bfd_peer *p, uint64_t now_ns)
{
	const char *what = "";
	if (now_ns < p->retry_ns) {
		p->s.wake_ns = p->retry_ns;
		return;
	}
	p->retry_ns = now_ns + RETRY_NS;
	int error = try_open(proc, p, &what);
	p->s.wake_ns = error ? p->retry_ns : 0;
	if (error)
		set_error(p, what, error);
	if (error == -ENODEV)
		bfd_peer_act(proc, p,
			bfd_session_event(&p->s, BFD_EVENT_PATH_DOWN, now_ns) &
				~(unsigned)BFD_ACTION_SEND,
			now_ns);
}

void bfd_peer_set_zero_checksum(struct bfd_peer *p, bool taken)
{
	if (p->rx)
		bfd_rx_zero_checksum(p->rx, taken - p->s.zero_checksum);
	p->s.zero_checksum = taken;
}

/* An ICMP error about an earlier packet is reported by the next send, which then sends nothing. */
static int send_packet(struct bfd_peer *p, bool final)
{
	uint8_t bytes[BFD_PACKET_MAX];
	size_t len = bfd_session_encode(&p->s, final, bytes);
	for (int i = 0; i < 2; i++) {
		if (send(p->tx_fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return 0;
		if (errno != ECONNREFUSED)
			break;
	}
	return -errno;
}

/* Packets that leave together get one random number, so that with equal intervals they leave
 * together the next time too: a wake-up costs more than a packet. Not too many at once, for the
 * sake of whoever receives them. */
static uint32_t shared_jitter(struct bfd_proc *proc)
{
	if (proc->sent_n++ % BFD_BURST_N == 0)
		proc->jitter = bfd_random(proc);
	return proc->jitter;
}

void bfd_peer_send(struct bfd_proc *proc, struct bfd_peer *p, bool final, uint64_t now_ns)
{
	if (!bfd_session_may_send(&p->s))
		return;
	int error = p->tx_fd < 0 ? -EBADF : send_packet(p, final);
	if (!final)
		bfd_session_rephase(&p->s, shared_jitter(proc), now_ns);
	if (error == 0) {
		p->s.tx_packets++;
		if (p->broken || p->error[0])
			clear_error(p);
		return;
	}
	/* ECONNREFUSED: the peer's BFD is not there yet. The next two: this packet is lost, the
	 * socket is not. */
	if (error == -ECONNREFUSED || error == -EAGAIN || error == -ENOBUFS)
		return;
	if (p->tx_fd >= 0)
		set_error(p, "send", error);
	p->broken = true;
	p->s.wake_ns = p->retry_ns > now_ns ? p->retry_ns : now_ns;
}

void bfd_peer_act(struct bfd_proc *proc, struct bfd_peer *p, unsigned actions, uint64_t now_ns)
{
	if (actions & BFD_ACTION_CHANGED)
		count_init(proc, p->s.prev_state, p->s.state);
	if (actions & BFD_ACTION_CHANGED)
		bfd_report_change(proc, p, actions & BFD_ACTION_DEAD, now_ns);
	if (actions & BFD_ACTION_REMOTE)
		bfd_report_remote(proc, p, now_ns);
	if (actions & BFD_ACTION_SEND_FINAL)
		bfd_peer_send(proc, p, true, now_ns);
	if (actions & BFD_ACTION_SEND)
		bfd_peer_send(proc, p, false, now_ns);
	bfd_table_update(proc->table, &p->s, false);
}

void bfd_peer_disable(struct bfd_proc *proc, struct bfd_peer *p, uint64_t most_ns, uint64_t now_ns)
{
	unsigned actions = 0;
	if (!p->s.linger_ns)
		actions = bfd_session_disable(&p->s, now_ns);
	if (p->s.linger_ns > now_ns + most_ns)
		p->s.linger_ns = now_ns + most_ns;
	bfd_peer_act(proc, p, actions, now_ns);
}
